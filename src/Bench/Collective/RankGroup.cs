using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using DyT.Config;

namespace DyT.Bench.Collective;

/// <summary>
/// The processes of one measurement. Each says on its output on which port it listens, hears on its input who the others are, and ends when its input closes, so
/// that none outlives this process.
/// </summary>
internal sealed class RankGroup : IDisposable
{
    private readonly List<Process> _processes = [];

    public RankGroup(int ranks, RankWork work)
    {
        for (var rank = 0; rank < ranks; rank++)
            _processes.Add(Start(work));
        var ports = _processes.Select(p => int.Parse(Line(p), CultureInfo.InvariantCulture)).ToArray();
        for (var rank = 0; rank < ranks; rank++)
            _processes[rank].StandardInput.WriteLine(JsonSerializer.Serialize(new RankOrder(rank, ports, work), RankWork.Json));
    }

    /// <summary>Rank 0's figures as they come; returns when there are no more.</summary>
    public IEnumerable<CollectiveFigure> Figures()
    {
        while (_processes[0].StandardOutput.ReadLine() is { } line)
            yield return JsonSerializer.Deserialize<CollectiveFigure>(line, RankWork.Json)!;
        foreach (var process in _processes)
        {
            process.WaitForExit();
            if (process.ExitCode != 0)
                throw new UserErrorException("a process of the measurement failed; its words stand above", UserErrorException.Failure);
        }
    }

    public void Dispose()
    {
        foreach (var process in _processes)
        {
            process.StandardInput.Close();
            process.Dispose();
        }
    }

    private static Process Start(RankWork work)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])["exec", typeof(RankGroup).Assembly.Location, RankProcess.Name, work.Transport.ToString(), work.Wire.ToString(), work.Streams.ToString(CultureInfo.InvariantCulture)])
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private static string Line(Process process) => process.StandardOutput.ReadLine()
        ?? throw new UserErrorException("a process of the measurement ended early; its words stand above", UserErrorException.Failure);
}
