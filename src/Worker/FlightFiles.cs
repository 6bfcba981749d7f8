using DyT.Collectives;
using DyT.Runs;

namespace DyT.Worker;

/// <summary>Writes a worker's last operations into the run's folder when a generation broke.</summary>
public static class FlightFiles
{
    private const int KeptPerWorker = 20;

    public static void Write(RunFolder folder, string worker, long generation, FlightRecorder recorder)
    {
        if (!recorder.IsKeeping)
            return;
        try
        {
            Directory.CreateDirectory(folder.Flight);
            File.WriteAllText(Path.Combine(folder.Flight, $"{worker}-generation-{generation:D6}.jsonl"), recorder.ToJsonLines());
            foreach (var old in Directory.GetFiles(folder.Flight, $"{worker}-generation-*.jsonl").OrderDescending().Skip(KeptPerWorker))
                File.Delete(old);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // An aid to look back with; a full disk must not take the training with it.
            Console.Error.WriteLine($"the flight record could not be written: {e.Message}");
        }
    }
}
