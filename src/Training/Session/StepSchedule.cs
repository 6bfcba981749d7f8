using DyT.Config;

namespace DyT.Training.Session;

/// <summary>What is due after which step: pure, and so the same on every worker.</summary>
internal sealed class StepSchedule(RunConfig config)
{
    public bool EvaluationDue(long step) => step > 0 && (step == config.Train.Steps || (config.Train.EvalEvery > 0 && step % config.Train.EvalEvery == 0));

    public bool AuditDue(long step) => config.Guard.AuditEvery > 0 && step > 0 && step % config.Guard.AuditEvery == 0;

    public bool CheckpointDue(long step, StepAgreement agreement) => IsPeriodicCheckpoint(step) || (step < config.Train.Steps && agreement.WantsCheckpoint);

    /// <summary>The last step's is the run's result and written at its end.</summary>
    public bool IsPeriodicCheckpoint(long step) => config.Checkpoint.Every > 0 && step > 0 && step < config.Train.Steps && step % config.Checkpoint.Every == 0;

    /// <summary>Whether the whole state is wanted between this step and the next one.</summary>
    public bool IsNeededWhole(long step, StepAgreement agreement) =>
        step == config.Train.Steps || AuditDue(step) || EvaluationDue(step) || CheckpointDue(step, agreement)
        || agreement.StopRequested || agreement.WantsStandstill || agreement.HandOverTo > 0;
}
