namespace DyT.Config;

/// <summary>A configuration that cannot be used. The message is "place: sentence" on one line.</summary>
public sealed class ConfigException : UserErrorException
{
    public ConfigException(string place, string sentence, Exception? inner = null)
        : base($"{Text.OneLine(place)}: {Text.OneLine(sentence)}", Usage, inner)
    {
    }

    internal ConfigException(Place place, string sentence, Exception? inner = null)
        : this(place.ToString(), sentence, inner)
    {
    }
}
