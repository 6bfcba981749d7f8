using DyT.Fuzz.Tests.Engine;
using DyT.Fuzz.Tests.Targets;

namespace DyT.Fuzz.Tests;

/// <summary>Inputs at which a reader once failed.</summary>
public sealed class RegressionTests
{
    [Theory]
    [InlineData("checkpoint manifest", "eyJmb3JtYXQiOjEsInN0ZXAiOjcsIndyaXR0ZW4iOiIyMDI2LTExLTI0VDExOjUzOjExLjArMDA6MDAiLCJtYWNoaW5lIjoiIiwid2VpZ2h0c19oYXNoIjoiIiwiZmlsZXMiOltudWxsXX0=")] // null in a list
    [InlineData("checkpoint manifest", "eyJmb3JtYXQiOjEsInN0ZXAiOjcsIndyaXR0ZW4iOiIyMDI2LTExLTI0VDExOjUzOjExLjArMDA6MDAiLCJtYWNoaW5lIjoiIiwid2VpZ2h0c19oYXNoIjoiIiwiZmlsZXMiOlt7ImJ5dGVzIjoxfV19")] // a record's field that is missing
    public void An_input_that_failed_once_is_taken_or_refused(string target, string base64)
    {
        var verdict = Harness.Try(AllTargets.Find(target), Convert.FromBase64String(base64));
        Assert.True(verdict.Failure is null, verdict.Failure);
    }
}
