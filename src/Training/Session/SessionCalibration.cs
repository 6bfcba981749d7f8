using System.Globalization;
using System.Text.Json;
using DyT.Collectives;
using DyT.Config;
using DyT.Runs;
using DyT.Training.Calibration;
using DyT.Training.Data;

namespace DyT.Training.Session;

/// <summary>
/// Calibration as a part of a session: a pure function of the state at step 0 and the data, so it needs no place in checkpoints or agreements. Before workers compare their states what it
/// set is undone; whoever then stands at step 0 does it (again), together.
/// </summary>
public sealed class SessionCalibration(StageConfig stage, RunConfig config, RunFolder folder, SessionData data, TrainerState state, SessionCheckpoints checkpoints)
{
    private bool _begun; // weights may differ from those of a fresh state

    /// <summary>At step 0, the state as it was before calibration.</summary>
    public void Undo()
    {
        if (!_begun || state.CommittedStep != 0)
            return;
        checkpoints.AwaitSnapshot();
        checkpoints.RestoreNewestOrReset();
        _begun = false;
    }

    /// <summary>All ranks call it, at step 0.</summary>
    public CalibrationReport Run(ICollective collective)
    {
        checkpoints.AwaitSnapshot();
        _begun = true;
        // The batches that training begins with.
        var shards = config.Train.MicroShards;
        var calibrator = new Calibrator(state.Network, state.Parameters, config.Model, k => data.Training(1 + k / shards, k % shards, out _), collective);
        return calibrator.Run(stage);
    }

    /// <summary>Writes the report; gives a sentence about it.</summary>
    public string Publish(CalibrationReport report)
    {
        try
        {
            Directory.CreateDirectory(folder.Path);
            File.WriteAllText(folder.CalibrationFile, JsonSerializer.Serialize(report, RunJson.Indented) + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{folder.CalibrationFile} cannot be written ({e.Message.TrimEnd('.')}); the calibration itself is done";
        }

        var set = report.Sites.Count(s => s.Alpha is not null);
        return string.Create(CultureInfo.InvariantCulture, $"calibrated {set} sites and {report.Branches.Count} branches on {report.Batches} micro-batches, kappa {report.Kappa}: {folder.CalibrationFile}");
    }
}
