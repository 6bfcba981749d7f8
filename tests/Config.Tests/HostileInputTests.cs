using CsCheck;

namespace DyT.Config.Tests;

public class HostileInputTests
{
    private const string Source = "hostile.yaml";

    private static readonly string[] Tokens =
    [
        "model", "layers", "site", "kind", "name", "train", ":", ": ", "\n", "\n  ", "\n    ", "- ", "? ", "[", "]", "{", "}", ",", "&a", "*a", "!!int ", "!<x>", "|", ">", "|2-", "'", "\"", "#", " #",
        "%YAML 1.2\n", "%TAG ! x\n", "---", "...", "\t", "\r", "\0", "\u0085", "\u2028", "\ufeff", "\\", "\"\\U0010ffff\"", "\"\\Uffffffff\"", "\"\\ud800\"", "\"\\x\"", "<<", "~", "null", "1", "-1", "1e9", ".inf", "dyt", "😀", "\ud800",
    ];

    private static readonly string Valid = ConfigWriter.ToYaml(new RunConfig(), comments: true);

    private static void LoadsOrExplains(string yaml)
    {
        try
        {
            ConfigLoader.Parse(yaml, Source, []);
        }
        catch (UserErrorException error)
        {
            AssertOneLine(error, Source);
        }
    }

    private static void AssertOneLine(UserErrorException error, string place)
    {
        Assert.StartsWith(place, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(error.Message, char.IsControl);
        // The longest sentence there is names every key of the largest section, cluster.
        Assert.True(error.Message.Length >= place.Length + 10 && error.Message.Length <= 500, $"{error.Message.Length} characters: {error.Message}");
        Assert.Equal(UserErrorException.Usage, error.ExitCode);
    }

    [Fact]
    public void Any_text_loads_or_is_explained() => Gen.String.Sample(LoadsOrExplains, iter: 3000);

    [Fact]
    public void Any_heap_of_yaml_pieces_loads_or_is_explained() =>
        Gen.OneOf(Tokens).Array[0, 30].Sample(pieces => LoadsOrExplains(string.Concat(pieces)), iter: 20000);

    [Fact]
    public void A_truncated_file_loads_or_is_explained() =>
        Gen.Int[0, Valid.Length].Sample(length => LoadsOrExplains(Valid[..length]), iter: 500);

    [Fact]
    public void An_altered_file_loads_or_is_explained() =>
        Gen.Select(Gen.Int[0, Valid.Length - 1], Gen.Int[0, 20], Gen.OneOf(Tokens))
            .Sample((at, cut, piece) => LoadsOrExplains(Valid[..at] + piece + Valid[Math.Min(Valid.Length, at + cut)..]), iter: 1000);

    [Fact]
    public void Any_override_loads_or_is_explained() =>
        Gen.Select(Gen.OneOf("", "=", "name=", "model=", "model.site.kind=", "sample.prompt=\"", "a.b.c.d.e="), Gen.OneOf(Tokens).Array[0, 8])
            .Sample(
                (start, pieces) =>
                {
                    try
                    {
                        ConfigLoader.Parse("", Source, [start + string.Concat(pieces)]);
                    }
                    catch (UserErrorException error)
                    {
                        AssertOneLine(error, "--set ");
                    }
                },
                iter: 3000);

    public static TheoryData<string, string> Bombs => new()
    {
        { new string('[', 500_000), "nested more than 16 levels deep" },
        { string.Concat(Enumerable.Repeat("{a: ", 100_000)), "nested more than 16 levels deep" },
        { string.Concat(Enumerable.Repeat("- ", 100_000)), "nested more than 16 levels deep" },
        { string.Concat(Enumerable.Repeat("? ", 100_000)), "nested more than 16 levels deep" },
        { "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]", "anchors (&name) are not supported" },
        { "name: " + new string('x', 1 << 20), "larger than 1024 KiB" },
        { new string('k', 1000) + ": 1", "unknown key kkk" },
        { new string('k', 500_000) + ": 1", "" },
        { string.Concat(Enumerable.Range(0, 80_000).Select(i => $"k{i}: 1\n")), "unknown key k0" },
        { "seed: " + new string('9', 500_000), "seed is '999" },
        { "optimizer: { lr: 0." + new string('0', 500_000) + " }", "optimizer.lr is '0.0" },
    };

    [Theory]
    [MemberData(nameof(Bombs), DisableDiscoveryEnumeration = true)]
    public void A_bomb_is_refused_at_once(string yaml, string expected)
    {
        var error = Assert.Throws<ConfigException>(() => ConfigLoader.Parse(yaml, Source, []));
        AssertOneLine(error, Source);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
