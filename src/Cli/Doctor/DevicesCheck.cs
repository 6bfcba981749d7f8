using DyT.Model.Native;
using TorchSharp;

namespace DyT.Cli.Doctor;

/// <summary>Devices that libtorch sees. A CPU is enough; a GPU that this build cannot use is worth a word.</summary>
public sealed class DevicesCheck : ICheck
{
    public string Name => "devices";

    public Finding Run()
    {
        try
        {
            NativeRuntime.Load();
            if (torch.cuda.is_available())
                return Finding.Ok($"cpu, {torch.cuda.device_count()} CUDA");
            return File.Exists("/dev/nvidia0")
                ? Finding.Warn("cpu; an NVIDIA device is there but this build does not use it", "build with -p:Device=cuda (DYT_DEVICE=cuda for the launcher).")
                : Finding.Ok("cpu");
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException or TypeInitializationException)
        {
            return Finding.Fail("not known", "mend the native libraries first.");
        }
    }
}
