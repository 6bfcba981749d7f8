namespace DyT.Training.Checkpoints;

/// <summary>Size and SHA-256 of one file of a checkpoint.</summary>
public sealed record ManifestFile(string Name, long Bytes, string Sha256);

/// <summary>Written last: what makes a folder a checkpoint, and how to know that it is whole.</summary>
public sealed record CheckpointManifest
{
    public const int CurrentFormat = 1;

    public required int Format { get; init; }

    public required long Step { get; init; }

    public required DateTimeOffset Written { get; init; }

    /// <summary>Kind of processor that computed it; other kinds may round otherwise.</summary>
    public required string Machine { get; init; }

    /// <summary><see cref="Checkpoints.WeightsHash"/> of the weights.</summary>
    public required string WeightsHash { get; init; }

    public required IReadOnlyList<ManifestFile> Files { get; init; }
}
