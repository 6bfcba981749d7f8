using DyT.Fuzz.Tests.Engine;
using DyT.Fuzz.Tests.Targets;

namespace DyT.Fuzz.Tests;

/// <summary>Inputs at which a reader once failed.</summary>
public sealed class RegressionTests
{
    [Theory]
    [InlineData("checkpoint manifest", "eyJmb3JtYXQiOjEsInN0ZXAiOjcsIndyaXR0ZW4iOiIyMDI2LTExLTI0VDExOjUzOjExLjArMDA6MDAiLCJtYWNoaW5lIjoiIiwid2VpZ2h0c19oYXNoIjoiIiwiZmlsZXMiOltudWxsXX0=")] // null in a list
    [InlineData("run events", "eyJldmVudCI6InJvc3RlciIsIm1pbl93b3JrZXJzIjoyfQ==")] // a list that is missing
    [InlineData("run events", "eyJldmVudCI6InN0ZXAiLCJtZXRyaWNzIjpudWxsfQ==")] // null for an object
    [InlineData("run events", "eyJldmVudCI6InJvc3RlciIsIndvcmtlcnMiOltudWxsXSwibWluX3dvcmtlcnMiOjJ9")] // null in a list
    [InlineData("run events", "eyJldmVudCI6ImVuZGVkIiwib3V0Y29tZSI6NzcsInN0ZXAiOjEsIm1lc3NhZ2UiOiIifQ==")] // a number for a word that has no such number
    [InlineData("gpt2 merges", "I3ZlcnNpb24KbCBvCmwgbw==")] // a merge that stands twice
    [InlineData("tokenizer.json, metaspace", "eyJtb2RlbCI6eyJ2b2NhYiI6eyJhIjoxNjc3NzIxNX0sIm1lcmdlcyI6W119fQ==")] // a token number that asks for a table of 128 MB
    [InlineData("tokenizer descriptor", "eyJmb3JtYXQiOiJkeXQgdG9rZW5pemVyIiwidmVyXHVkODAwIjoiIn0=")] // a name that is half a surrogate pair
    [InlineData("run events", "8J+YgH0=")] // half a surrogate pair, as at the end of a line that was cut
    public void An_input_that_failed_once_is_taken_or_refused(string target, string base64)
    {
        var verdict = Harness.Try(AllTargets.Find(target), Convert.FromBase64String(base64));
        Assert.True(verdict.Failure is null, verdict.Failure);
    }
}
