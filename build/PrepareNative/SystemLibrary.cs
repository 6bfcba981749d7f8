using System.Runtime.InteropServices;

namespace DyT.Build;

/// <summary>What the system's C++ runtime offers.</summary>
public static class SystemLibrary
{
    /// <summary>Whether this system's libstdc++ defines <paramref name="version"/>; true where there is none to ask (not Linux).</summary>
    public static bool StandardCppHas(string version)
    {
        if (!OperatingSystem.IsLinux() || !NativeLibrary.TryLoad("libstdc++.so.6", out _))
            return !OperatingSystem.IsLinux();

        // The loader knows which of several files it took; the memory map of this process tells.
        var path = File.ReadLines("/proc/self/maps")
            .Select(line => line.IndexOf('/') is >= 0 and var at ? line[at..] : "")
            .FirstOrDefault(p => p.Contains("libstdc++.so", StringComparison.Ordinal));
        if (path is null)
            return false;
        var name = new byte[version.Length + 1]; // zero-terminated, so that 3.4.3 is not found in 3.4.32
        System.Text.Encoding.ASCII.GetBytes(version, name);
        return File.ReadAllBytes(path).AsSpan().IndexOf(name) >= 0;
    }
}
