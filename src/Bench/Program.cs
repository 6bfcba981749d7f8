using System.CommandLine;
using DyT.Bench;
using DyT.Bench.Checkpoints;
using DyT.Bench.Collective;
using DyT.Bench.Control;
using DyT.Bench.Overlap;
using DyT.Bench.Start;
using DyT.Config;

var root = new RootCommand("dyt bench: measures this machine, the parts of the trainer, and what people would use in their place.")
{
    MachineBench.Command(),
    SiteBench.Command(),
    CollectiveBench.Command(),
    RankProcess.Command(),
    ModelBench.Command(),
    SequenceBench.Command(),
    OverlapBench.Command(),
    CheckpointBench.Command(),
    StartBench.Command(),
    ControlBench.Command(),
};

var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    Console.Error.WriteLine($"dyt bench: {parsed.Errors[0].Message} ('dyt bench --help' lists what there is)");
    return UserErrorException.Usage;
}

try
{
    // Errors of the bench's own are for people too; anything else is a bug and may show its trace.
    return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (UserErrorException e)
{
    Console.Error.WriteLine($"error: {e.Message}");
    return e.ExitCode;
}
