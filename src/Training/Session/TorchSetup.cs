using DyT.Model.Native;
using TorchSharp;

namespace DyT.Training.Session;

/// <summary>The process-wide settings of libtorch that fix the bits.</summary>
public static class TorchSetup
{
    public static void Apply(int threads)
    {
        NativeRuntime.Load();
        torch.set_num_threads(threads);
    }
}
