using DyT.Fuzz.Tests.Engine;

namespace DyT.Fuzz.Tests;

/// <summary>The fuzzer finds what it is for: a reader with a planted defect of each kind.</summary>
public sealed class EngineTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20); // it ends at the first failure

    private static FuzzReport Run(Func<byte[], bool> read, Syntax syntax = Syntax.Binary, double deadline = 5) =>
        new Fuzzer(new FuzzTarget("planted", ["{\"length\": 4, \"data\": \"abcd\"}"u8.ToArray()], read) { Allowed = typeof(FormatException), Syntax = syntax }, 1, Long, TimeSpan.FromSeconds(deadline)).Run();

    [Fact]
    public void A_reader_without_defects_passes() =>
        Assert.Null(new Fuzzer(new FuzzTarget("good", [[1]], b => b.Length < 5 ? true : throw new FormatException("long")) { Allowed = typeof(FormatException) }, 1, TimeSpan.FromSeconds(0.2), Long).Run().Failure);

    [Fact]
    public void An_exception_of_another_type_is_found_and_its_input_made_small()
    {
        var report = Run(b => b.Length > 40 ? throw new InvalidOperationException("planted") : true);
        Assert.Contains("planted", report.Failure, StringComparison.Ordinal);
        Assert.Equal(41, report.Failing!.Length);
        Assert.Contains(Convert.ToBase64String(report.Failing), report.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_exception_behind_the_grammar_is_found() =>
        Assert.NotNull(Run(b =>
        {
            try
            {
                using var document = System.Text.Json.JsonDocument.Parse(b);
                return document.RootElement.GetProperty("length").TryGetInt64(out var n) && n < 0 ? throw new InvalidOperationException("planted") : true;
            }
            catch (Exception e) when (e is System.Text.Json.JsonException or KeyNotFoundException || e.Message != "planted")
            {
                throw new FormatException("bad", e);
            }
        }, Syntax.Text).Failure);

    [Fact]
    public void A_length_that_is_believed_is_found() =>
        Assert.Contains("allocated", Run(b => b.Length < 4 || GC.AllocateUninitializedArray<byte>(BitConverter.ToInt32(b) & 0xFFFFFFF).Length >= 0 || true).Failure, StringComparison.Ordinal);

    [Fact]
    public void A_slow_reader_is_found() =>
        Assert.Contains("took", Run(b =>
        {
            if (b.Length > 40)
                Thread.Sleep(300);
            return true;
        }).Failure, StringComparison.Ordinal);

    [Fact]
    public void A_reader_that_never_comes_back_is_found()
    {
        using var end = new ManualResetEventSlim();
        var report = Run(b => b.Length <= 40 || end.Wait(Timeout.Infinite), deadline: 1);
        end.Set();
        Assert.Contains("did not come back", report.Failure, StringComparison.Ordinal);
        Assert.True(report.Failing!.Length > 40);
    }

    [Fact]
    public void The_same_seed_gives_the_same_inputs()
    {
        static List<string> Inputs()
        {
            var target = new FuzzTarget("x", ["{\"a\":1}"u8.ToArray()], _ => true) { Syntax = Syntax.Text };
            var random = new Random(5);
            var mutator = new Mutator(target, new Pool(target.Seeds), random);
            return [.. Enumerable.Range(0, 200).Select(_ => Convert.ToBase64String(mutator.Next()))];
        }

        Assert.Equal(Inputs(), Inputs());
    }
}
