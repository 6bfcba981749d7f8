namespace DyT.Runs;

/// <summary>Names of everything inside <c>runs/&lt;id&gt;/</c>, in one place.</summary>
public sealed record RunFolder(string Path)
{
    /// <summary>The run's identity: the folder's name.</summary>
    public string Id => System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(Path)));

    /// <summary>The whole resolved configuration.</summary>
    public string ConfigFile => System.IO.Path.Combine(Path, "config.yaml");

    /// <summary>One JSON object per committed step.</summary>
    public string MetricsFile => System.IO.Path.Combine(Path, "metrics.jsonl");

    /// <summary>What the calibration stage measured and set.</summary>
    public string CalibrationFile => System.IO.Path.Combine(Path, "calibration.json");

    /// <summary>One folder per checkpoint.</summary>
    public string Checkpoints => System.IO.Path.Combine(Path, "checkpoints");

    /// <summary>What the network's inputs and outputs mean (the tokenizer's own files, the names of classes), so that the folder is all that 'generate' needs.</summary>
    public string Vocabulary => System.IO.Path.Combine(Path, "vocabulary");

    /// <summary>One log file per process.</summary>
    public string Logs => System.IO.Path.Combine(Path, "logs");

    /// <summary>The workers' last operations at every abort.</summary>
    public string Flight => System.IO.Path.Combine(Path, "flight");

    /// <summary>The workers' parts of the trace, one file per process (<c>--profile</c>).</summary>
    public string TraceParts => System.IO.Path.Combine(Path, "trace");

    /// <summary>All of them on one time line, for Perfetto or chrome://tracing.</summary>
    public string TraceFile => System.IO.Path.Combine(Path, "trace.json");

    /// <summary>What a new coordinator should know of the one before.</summary>
    public string CoordinatorFile => System.IO.Path.Combine(Path, "coordinator.json");

    /// <summary>Where the deciding coordinator answers, and its token; readable by the owner alone.</summary>
    public string ApiFile => System.IO.Path.Combine(Path, "api.json");

    /// <summary>Held open by the one coordinator that decides.</summary>
    public string CoordinatorLock => System.IO.Path.Combine(Path, "coordinator.lock");

    /// <summary>How the run ended: best and final loss, tokens per second and so on.</summary>
    public string SummaryFile => System.IO.Path.Combine(Path, "summary.json");

    public string LossPlot => System.IO.Path.Combine(Path, "loss.png");
}
