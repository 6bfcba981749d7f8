using DyT.Config;
using DyT.Model;
using DyT.Training.Data;
using DyT.Training.Runs;

namespace DyT.Training.Translation;

/// <summary>Translates texts by a trained run.</summary>
public sealed class Translator
{
    private readonly PairVocabulary _vocabulary;
    private readonly Seq2SeqDecoder _decoder;
    private readonly int _longest;
    private readonly DecodingOptions _options;
    private readonly int _batch;

    /// <param name="run">A run that has learnt to translate; it outlives this.</param>
    /// <param name="beams">1: the likeliest token each time.</param>
    /// <param name="penalty">For length (<see cref="BeamSearch"/>).</param>
    /// <param name="batch">Texts that are translated at once.</param>
    /// <exception cref="UserErrorException">The run is of another kind.</exception>
    public Translator(TrainedRun run, int beams, double penalty, int batch)
    {
        (var model, _vocabulary) = run.As<Seq2SeqModel, PairVocabulary>("a run that translates");
        _longest = PairData.Longest(run.Config);
        _decoder = new Seq2SeqDecoder(model, _vocabulary.Target.VocabSize, _vocabulary.Begin, _vocabulary.End);
        _options = new DecodingOptions(beams, penalty, _longest - 1);
        _batch = batch;
    }

    /// <summary>Translations in the texts' order; an empty text is an empty translation.</summary>
    /// <param name="texts">One segment each.</param>
    /// <param name="progress">Told how many are done, after each batch.</param>
    /// <exception cref="UserErrorException">A text is too long for the model, or has characters that its vocabulary lacks.</exception>
    public IReadOnlyList<string> Translate(IReadOnlyList<string> texts, Action<int>? progress = null)
    {
        var sources = new List<(int Place, int[] Tokens)>();
        for (var place = 0; place < texts.Count; place++)
        {
            if (Encode(texts[place].Trim(), place, texts.Count) is { } tokens)
                sources.Add((place, tokens));
        }

        // Beside texts of the same length there is little padding.
        var translations = new string[texts.Count];
        Array.Fill(translations, "");
        var done = texts.Count - sources.Count;
        foreach (var chunk in sources.OrderBy(s => s.Tokens.Length).ThenBy(s => s.Place).Chunk(_batch))
        {
            var decoded = _decoder.Decode([.. chunk.Select(s => s.Tokens)], _options);
            for (var i = 0; i < chunk.Length; i++)
                translations[chunk[i].Place] = _vocabulary.Target.Decode(decoded[i]);
            progress?.Invoke(done += chunk.Length);
        }

        return translations;
    }

    private int[]? Encode(string text, int place, int count)
    {
        if (text.Length == 0)
            return null;
        int[] tokens = [.. _vocabulary.Source.Encode(text), _vocabulary.SourceEnd];
        return tokens.Length <= _longest ? tokens : throw new UserErrorException(
            $"The text{(count > 1 ? $" of line {place + 1}" : "")} has {tokens.Length} tokens with the mark at its end, but this run takes {_longest} at most: give it sentence by sentence.", UserErrorException.Usage);
    }
}
