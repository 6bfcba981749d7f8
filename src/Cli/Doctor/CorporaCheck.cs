using DyT.Data;

namespace DyT.Cli.Doctor;

/// <summary>Which of the named corpora are here; those that are not come by themselves when a run names them.</summary>
public sealed class CorporaCheck(string cache) : ICheck
{
    public string Name => "data";

    public Finding Run()
    {
        var here = Corpora.All.Where(corpus => Corpora.IsPresent(corpus.Name, cache)).Select(corpus => corpus.Name).ToArray();
        var missing = Corpora.All.Select(corpus => corpus.Name).Except(here).ToArray();
        var what = $"here: {List(here)}; not fetched: {List(missing)}";
        return here.Contains(Corpora.DotnetDocs)
            ? Finding.Ok(what)
            : Finding.Warn(what, $"the SDK has no XML documentation, which '{Corpora.DotnetDocs}' (quickstart) reads: install the SDK's full package, or use data of your own.");
    }

    private static string List(string[] names) => names.Length == 0 ? "none" : string.Join(", ", names);
}
