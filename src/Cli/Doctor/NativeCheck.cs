using DyT.Model.Native;
using TorchSharp;

namespace DyT.Cli.Doctor;

/// <summary>libtorch and TorchSharp's library: found, and do they load.</summary>
public sealed class NativeCheck : ICheck
{
    public string Name => "native libraries";

    public Finding Run()
    {
        try
        {
            NativeRuntime.Load();
            return Finding.Ok($"libtorch {torch.__version__} loads from {NativeRuntime.Folder}");
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException or TypeInitializationException)
        {
            return Finding.Fail(
                e.Message,
                "build again ('dotnet build -c Release'); on Linux it needs glibc 2.28 or newer and x64, see docs/architecture.md, \"Native libraries\".");
        }
    }
}
