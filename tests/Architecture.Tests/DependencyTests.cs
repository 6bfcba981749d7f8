using System.Xml.Linq;

namespace DyT.Architecture.Tests;

/// <summary>The arrows of docs/architecture.md: a part may only use the parts named here.</summary>
public sealed class DependencyTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Config"] = [],
        ["Security"] = ["Config"],
        ["Collectives"] = ["Security"],
        ["Runs"] = ["Config"],
        ["Data"] = ["Config"],
        ["Model"] = ["Config"],
        ["Cluster"] = ["Collectives", "Config", "Runs", "Security"],
        ["Training"] = ["Collectives", "Config", "Data", "Model", "Runs"],
        ["Coordinator"] = ["Cluster", "Collectives", "Config", "Data", "Runs", "Security"],
        ["Worker"] = ["Cluster", "Collectives", "Config", "Runs", "Security", "Training"],
        ["Bench"] = ["Cluster", "Collectives", "Config", "Coordinator", "Data", "Model", "Runs", "Training"],
        ["Cli"] = ["Collectives", "Config", "Data", "Model", "Runs", "Security", "Training"],
    };

    public static TheoryData<string> Parts => [.. Allowed.Keys];

    [Fact]
    public void Every_folder_of_src_is_a_known_part()
    {
        var folders = Directory.GetDirectories(Path.Combine(Repository.Root, "src")).Select(Path.GetFileName).Order();
        Assert.Equal(Allowed.Keys.Order(), folders);
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public void A_part_uses_only_the_parts_below_it(string part)
    {
        var used = Items(part, "ProjectReference")
            // Programs that are only built beside this one are started, not used.
            .Where(r => (string?)r.Attribute("ReferenceOutputAssembly") != "false")
            .Select(r => Path.GetFileNameWithoutExtension((string)r.Attribute("Include")!));
        Assert.Empty(used.Except(Allowed[part]));
    }

    [Fact]
    public void The_allowed_arrows_have_no_cycle()
    {
        var done = new HashSet<string>();
        while (done.Count < Allowed.Count)
        {
            var next = Allowed.Keys.Where(p => !done.Contains(p) && Allowed[p].All(done.Contains)).ToList();
            Assert.NotEmpty(next);
            done.UnionWith(next);
        }
    }

    [Theory]
    [InlineData("Collectives", "Akka")]
    [InlineData("Collectives", "TorchSharp")]
    [InlineData("Data", "TorchSharp")]
    [InlineData("Cluster", "TorchSharp")]
    [InlineData("Coordinator", "TorchSharp")]
    [InlineData("Model", "Akka")]
    [InlineData("Training", "Akka")]
    public void A_part_does_not_bring_in_the_package_that_it_must_not_know(string part, string package)
    {
        var reachable = Reachable(part).SelectMany(p => Items(p, "PackageReference")).Select(i => (string)i.Attribute("Include")!);
        Assert.DoesNotContain(reachable, p => p.StartsWith(package, StringComparison.Ordinal));
    }

    private static HashSet<string> Reachable(string part)
    {
        var all = new HashSet<string> { part };
        var queue = new Queue<string>(all);
        while (queue.TryDequeue(out var next))
        {
            foreach (var reference in Items(next, "ProjectReference").Select(r => Path.GetFileNameWithoutExtension((string)r.Attribute("Include")!)))
            {
                if (Allowed.ContainsKey(reference) && all.Add(reference))
                    queue.Enqueue(reference);
            }
        }

        return all;
    }

    private static IEnumerable<XElement> Items(string part, string kind) =>
        XDocument.Load(Path.Combine(Repository.Root, "src", part, $"{part}.csproj")).Descendants(kind);
}
