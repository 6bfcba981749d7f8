using System.Text.Json;
using DyT.Coordinator.Core;
using DyT.Runs;

namespace DyT.Coordinator.Hosting;

/// <summary>The memo for the next coordinator, in the run's folder; replaced as a whole.</summary>
public static class MemoFile
{
    /// <summary>Null where there is none, or none that can be read: the workers know the rest.</summary>
    public static CoordinatorMemo? Read(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<CoordinatorMemo>(File.ReadAllBytes(path), RunJson.Options) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            Console.Error.WriteLine($"{path} cannot be read and is passed over: {e.Message}");
            return null;
        }
    }

    /// <summary>A failure is logged: a coordinator that takes over then waits a little longer, no more.</summary>
    public static void Write(string path, CoordinatorMemo memo)
    {
        try
        {
            AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(memo, RunJson.Options));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"{path} cannot be written: {e.Message}");
        }
    }
}
