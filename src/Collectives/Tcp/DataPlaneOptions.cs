using DyT.Collectives.Shared;
using DyT.Config;
using DyT.Security;

namespace DyT.Collectives.Tcp;

/// <summary>Sizes and patience of the data plane.</summary>
public sealed record DataPlaneOptions
{
    /// <summary>How long all peers of a generation may take to connect.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a hello may take; a connection that says nothing is closed after it.</summary>
    public TimeSpan HelloTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A peer that sends nothing at all for so long, not even a heartbeat, is lost.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A peer may take so long to its first word: its listener has accepted the connection, but its training thread may still be busy with a step, or
    /// with a checkpoint, of the generation before.
    /// </summary>
    public TimeSpan FirstWord { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Bytes of one frame at most: folding a chunk overlaps with receiving the next one.</summary>
    public int ChunkBytes { get; init; } = 256 * 1024;

    /// <summary>An all-reduce of at most so many bytes sends everything to everyone: one exchange instead of two. In fp32 whatever <see cref="Wire"/> says: it is its latency that counts, and everyone adds the same bits.</summary>
    public int SmallBytes { get; init; } = 32 * 1024;

    /// <summary>So many bytes of the arena are lent to a peer of the host; fewer are copied sooner than the peer says that it needs them no more.</summary>
    public int LendBytes { get; init; } = 128 * 1024;

    /// <summary>Takes down every operation of the collectives; null: nothing is recorded.</summary>
    public FlightRecorder? Recorder { get; init; }

    public int SocketBufferBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>How frames are protected once the hello is over; the same for all workers of a run.</summary>
    public DataSecurity Security { get; init; } = DataSecurity.Hello;

    /// <summary>By what way data goes between workers of one host; the same for all workers of a run.</summary>
    public DataTransport Transport { get; init; } = DataTransport.Auto;

    /// <summary>In what numbers the reductions' larger messages go by TCP; the same for all workers of a run.</summary>
    public WireType Wire { get; init; } = WireType.Fp32;

    /// <summary>Connections to each peer that does not share memory; the same for all workers of a run.</summary>
    public int Streams { get; init; } = 1;

    /// <summary>Memory of this worker that peers of its host may map; null: everything is copied.</summary>
    public SharedArena? Arena { get; init; }

    /// <summary>This worker's certificate and whom it accepts; for <see cref="DataSecurity.Tls"/>.</summary>
    public TlsIdentity? Tls { get; init; }

    internal TlsIdentity Identity => Tls ?? throw new InvalidOperationException("TLS without a certificate");

    /// <summary>An idle sender says so this often, so that a peer that only computes is not taken for dead.</summary>
    public TimeSpan Heartbeat => Silence / 4;
}
