using System.Runtime.InteropServices;

namespace DyT.Model.Native;

/// <summary>Loads libtorch and TorchSharp's native library, once per process, before the first use of <c>torch</c>.</summary>
/// <remarks>
/// The libraries stand once on disk: in <c>native/</c> beside a published program, or in the build's <c>artifacts/native</c>,
/// found by walking up from the program's folder. <c>DYT_NATIVE</c> names another folder.
/// </remarks>
public static class NativeRuntime
{
    private static readonly Lazy<string> Loaded = new(LoadOnce);

    /// <summary>Loads the libraries if that has not happened yet.</summary>
    /// <exception cref="DllNotFoundException">They are missing or do not load; the message says where and what to do.</exception>
    public static void Load() => _ = Loaded.Value;

    /// <summary>The folder they were loaded from.</summary>
    public static string Folder => Loaded.Value;

    /// <summary>Where the libraries would be loaded from, or null when there is no such folder.</summary>
    public static string? FindFolder()
    {
        if (Environment.GetEnvironmentVariable("DYT_NATIVE") is { Length: > 0 } named)
            return named;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "native");
            if (File.Exists(Path.Combine(candidate, FileName("LibTorchSharp"))))
                return candidate;
        }

        return null;
    }

    private static string LoadOnce()
    {
        Allocator.KeepMemory();
        var folder = FindFolder()
            ?? throw new DllNotFoundException($"No folder 'native' with libtorch above {AppContext.BaseDirectory}: build with 'dotnet build', or name one by DYT_NATIVE.");
        try
        {
            NativeLibrary.Load(Path.Combine(folder, FileName("torch_cpu")));
            NativeLibrary.Load(Path.Combine(folder, FileName("LibTorchSharp")));
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new DllNotFoundException($"libtorch does not load from {folder}: {e.Message} ('dyt doctor' tells more)", e);
        }

        return folder;
    }

    // TorchSharp's library is called libLibTorchSharp.so on Unix and LibTorchSharp.dll on Windows.
    private static string FileName(string name) =>
        OperatingSystem.IsWindows() ? $"{name}.dll" : OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : $"lib{name}.so";
}
