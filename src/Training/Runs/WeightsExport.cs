using System.Globalization;
using DyT.Training.Checkpoints;

namespace DyT.Training.Runs;

/// <summary>A run's weights as one file for other tools.</summary>
public static class WeightsExport
{
    /// <summary>Writes safetensors under LLaMA-like names; linear weights stand as [out, in].</summary>
    public static void Write(TrainedRun run, string path)
    {
        var metadata = new Dictionary<string, string>
        {
            ["format"] = "pt",
            ["producer"] = "DyT.Distributed",
            ["run"] = run.Config.Name,
            ["step"] = run.Checkpoint.State.Step.ToString(CultureInfo.InvariantCulture),
        };
        try
        {
            using var file = new FileStream(path, FileMode.Create, FileAccess.Write);
            SafetensorsFile.Write(file, run.Weights, metadata);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path} cannot be written: {e.Message}", e);
        }
    }
}
