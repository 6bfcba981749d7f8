using System.Runtime.InteropServices;

namespace DyT.Cli.Processes;

/// <summary>
/// Ctrl-C and SIGTERM: the first asks for a graceful stop, a second Ctrl-C ends everything at once. A further SIGTERM changes nothing:
/// whoever sends it (Kubernetes, systemd) kills by itself when its patience ends.
/// </summary>
public sealed class StopSignals : IDisposable
{
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private readonly Action _graceful;
    private readonly Action _hard;
    private int _asked;

    public StopSignals(Action graceful, Action hard)
    {
        _graceful = graceful;
        _hard = hard;
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle);
    }

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        // Without this the runtime would end the process at once, and with it the chance of a checkpoint.
        context.Cancel = true;
        if (Interlocked.Exchange(ref _asked, 1) == 0)
            _graceful();
        else if (context.Signal == PosixSignal.SIGINT)
            _hard();
    }
}
