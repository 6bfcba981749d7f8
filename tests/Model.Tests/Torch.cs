using System.Runtime.CompilerServices;
using DyT.Model.Native;
using TorchSharp;

namespace DyT.Model.Tests;

internal static class Torch
{
    [ModuleInitializer]
    internal static void Load()
    {
        NativeRuntime.Load();
        torch.set_num_threads(1);
    }
}
