namespace DyT.Runs;

/// <summary>Files that hold a secret.</summary>
public static class OwnerFile
{
    /// <summary>Makes a file that its owner alone can read and write, from its first moment on; one that is there is never overwritten. (On Windows the folder's rights decide.)</summary>
    /// <exception cref="IOException">It exists, or cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder is not ours to write.</exception>
    public static FileStream Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }
}
