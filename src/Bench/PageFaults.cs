using System.Globalization;

namespace DyT.Bench;

/// <summary>Pages that the kernel gave this process without reading a disk (Linux; elsewhere 0): fresh memory costs one for every 4 kB.</summary>
public static class PageFaults
{
    // Field 10 of proc(5)'s stat; the name in field 2 may hold spaces, so that counting begins behind it.
    private const int MinorFaultsBehindName = 7;

    public static long Minor()
    {
        const string stat = "/proc/self/stat";
        if (!File.Exists(stat))
            return 0;
        var text = File.ReadAllText(stat);
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return long.Parse(fields[MinorFaultsBehindName], CultureInfo.InvariantCulture);
    }
}
