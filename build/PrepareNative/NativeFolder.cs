namespace DyT.Build;

/// <summary>Fills the folder that holds libtorch and TorchSharp's native library side by side.</summary>
public static class NativeFolder
{
    private const string MarkerVersion = "GLIBCXX_3.4.32";

    // Needed by Python or by libtorch's own tests alone.
    private static readonly string[] NotNeeded = ["libtorch_python.so", "libjitbackend_test.so", "libtorchbind_test.so", "libaoti_custom_ops.so", "libbackend_with_compiler.so", "libnnapi_backend.so"];

    public static void Prepare(string torchSharp, string libTorch, string output)
    {
        foreach (var folder in new[] { torchSharp, libTorch })
        {
            if (!Directory.Exists(folder))
                throw new DirectoryNotFoundException($"{folder} does not exist: run 'dotnet restore' first");
        }

        Directory.CreateDirectory(output);
        foreach (var file in Directory.EnumerateFiles(libTorch).Where(f => !NotNeeded.Contains(Path.GetFileName(f))))
            LinkOrCopy(file, Path.Combine(output, Path.GetFileName(file)));

        var weaken = !SystemLibrary.StandardCppHas(MarkerVersion);
        foreach (var file in Directory.EnumerateFiles(torchSharp))
        {
            var bytes = File.ReadAllBytes(file);
            if (weaken && file.EndsWith(".so", StringComparison.Ordinal))
                ElfVersionNeeds.Weaken(bytes, MarkerVersion);

            // Written aside and renamed: a process that has the old file mapped keeps its own copy.
            var target = Path.Combine(output, Path.GetFileName(file));
            File.WriteAllBytes(target + ".new", bytes);
            File.Move(target + ".new", target, overwrite: true);
        }
    }

    private static void LinkOrCopy(string source, string target)
    {
        File.Delete(target); // also a link whose target is gone
        try
        {
            File.CreateSymbolicLink(target, source);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Copy(source, target, overwrite: true); // Windows without the right to make links
        }
    }
}
