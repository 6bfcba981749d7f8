using System.Text;
using DyT.Cli.Commands;
using DyT.Config;
using DyT.Training.Runs;
using DyT.Training.Translation;

namespace DyT.Cli.Actions;

/// <summary><c>dyt translate</c>: texts by a trained run, in this process.</summary>
internal static class TranslateAction
{
    private const int MaxChars = 1 << 26;

    public static int Run(TranslateOptions options, TextWriter output, Action<string> log)
    {
        // Lines that cannot be read are found before libtorch is loaded.
        List<string> texts = options.Text is { } text ? [text] : Lines(options.File!);
        using var run = TrainedRun.Open(options.Run, log, options.Best);
        var translator = new Translator(run, options.Decoding.Beams, options.Decoding.Penalty, options.Decoding.Batch);
        foreach (var translation in translator.Translate(texts))
            output.WriteLine(translation.ReplaceLineEndings(" "));
        return 0;
    }

    private static List<string> Lines(string path)
    {
        try
        {
            using var reader = path == "-" ? Console.In : new StreamReader(path, new UTF8Encoding(false, throwOnInvalidBytes: true));
            var lines = new List<string>();
            long total = 0;
            while (reader.ReadLine() is { } line)
            {
                if ((total += line.Length + 1) > MaxChars)
                    throw new UserErrorException($"{path}: it has more than {MaxChars} characters; translate it in parts.", UserErrorException.Usage);
                lines.Add(line);
            }

            return lines;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DecoderFallbackException or ArgumentException)
        {
            throw new UserErrorException($"{path}: it cannot be read as UTF-8 text ({e.Message.TrimEnd('.')}); check the file.", UserErrorException.Usage, e);
        }
    }
}
