using System.Text;
using DyT.Fuzz.Tests.Engine;
using DyT.Fuzz.Tests.Targets;

namespace DyT.Fuzz.Tests;

/// <summary>Nesting as deep as a megabyte allows: a reader that follows it by recursion would take the whole process down, which no fuzzer survives to tell.</summary>
public sealed class DeepNestingTests
{
    private const int Levels = 150_000;

    [Theory]
    [InlineData("configuration", "", "[")]
    [InlineData("configuration", "", "{a: ")]
    [InlineData("run events", "{\"event\":\"notice\",\"message\":", "[")]
    [InlineData("checkpoint manifest", "", "{\"files\":")]
    [InlineData("checkpoint state", "", "[")]
    [InlineData("metrics ledger", "", "[")]
    [InlineData("tokenizer descriptor", "", "{\"a\":")]
    [InlineData("tokenizer.json, byte-level", "", "[")]
    [InlineData("jsonl documents", "", "[")]
    [InlineData("xml documentation", "<doc><member><summary>", "<a>")]
    [InlineData("xml documentation", "<doc><member><summary>", "<a>", "</a>", "</summary></member></doc>")]
    public void It_is_taken_or_refused(string target, string before, string open, string close = "", string after = "")
    {
        var text = new StringBuilder(before).Insert(before.Length, open, Levels).Insert(before.Length + Levels * open.Length, close, Levels).Append(after).ToString();
        var verdict = Harness.TryWithin(AllTargets.Find(target), Encoding.UTF8.GetBytes(text), FuzzSettings.Deadline);
        Assert.True(verdict.Failure is null, verdict.Failure);
    }
}
