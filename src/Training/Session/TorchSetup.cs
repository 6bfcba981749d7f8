using DyT.Model.Native;
using TorchSharp;

namespace DyT.Training.Session;

/// <summary>The process-wide settings of libtorch that fix the bits.</summary>
public static class TorchSetup
{
    /// <summary>Begins to load libtorch, which takes most of a second, on a thread of its own.</summary>
    public static void Preload() => new Thread(() =>
    {
        try
        {
            NativeRuntime.Load();
        }
        catch (DllNotFoundException)
        {
            // Kept, and thrown again to whoever needs the library.
            return;
        }
    })
    { IsBackground = true, Name = "libtorch" }.Start();

    public static void Apply(int threads)
    {
        NativeRuntime.Load();
        torch.set_num_threads(threads);
    }
}
