using DyT.Cli.Actions;
using DyT.Config;

namespace DyT.Cli.Tests.Commands;

public sealed class ResumedOptimizerTests
{
    private static readonly OptimizerConfig Adam = new();
    private static readonly OptimizerConfig Sgd = new() { Kind = OptimizerKind.Sgd };

    [Fact]
    public void What_the_optimizer_remembers_must_stay()
    {
        AssertRefused("optimizer.ema must stay 0 (without an average)", Adam, Adam with { Ema = 0.999 });
        AssertRefused("optimizer.ema must stay above 0", Adam with { Ema = 0.999 }, Adam);
        AssertRefused("optimizer.kind must stay adamw", Adam, Sgd);
        AssertRefused("optimizer.beta1 must stay above 0", Sgd, Sgd with { Beta1 = 0 });
        AssertRefused("optimizer.beta1 must stay 0", Sgd with { Beta1 = 0 }, Sgd);
    }

    [Fact]
    public void Anything_else_may_change()
    {
        ResumedOptimizer.Check(Adam, Adam with { Lr = 1, Beta1 = 0, Sharding = OptimizerSharding.Zero1, WeightDecay = 0 });
        ResumedOptimizer.Check(Adam with { Ema = 0.9 }, Adam with { Ema = 0.99 });
        ResumedOptimizer.Check(Sgd, Sgd with { Beta1 = 0.5 });
    }

    private static void AssertRefused(string words, OptimizerConfig saved, OptimizerConfig wanted)
    {
        var error = Assert.Throws<UserErrorException>(() => ResumedOptimizer.Check(saved, wanted));
        Assert.StartsWith(words, error.Message, StringComparison.Ordinal);
        Assert.Equal(UserErrorException.Usage, error.ExitCode);
    }
}
