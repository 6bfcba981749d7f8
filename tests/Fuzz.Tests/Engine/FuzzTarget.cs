namespace DyT.Fuzz.Tests.Engine;

/// <summary>What a target's inputs are made of, which decides how they are mutated beside plain bytes.</summary>
internal enum Syntax
{
    Binary,

    /// <summary>JSON or YAML.</summary>
    Text,

    MessagePack,
}

/// <summary>One reader of bytes from outside.</summary>
/// <param name="Name">As printed and as regression tests name it.</param>
/// <param name="Seeds">Valid inputs, made by the real writers: the reader must accept every one.</param>
/// <param name="Read">Reads an input; whether the reader took it. What it took is to be used too, as far as that is cheap.</param>
internal sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Seeds, Func<byte[], bool> Read)
{
    public Syntax Syntax { get; init; } = Syntax.Binary;

    /// <summary>The reader's typed error for people; null when it must not throw at all.</summary>
    public Type? Allowed { get; init; }

    public int LargestInput { get; init; } = 1 << 14;

    /// <summary>Wall time that any input may take, and what each of its bytes adds.</summary>
    public TimeSpan BaseTime { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeSpan TimePerByte { get; init; } = TimeSpan.FromMicroseconds(10);

    /// <summary>Managed memory that any input may allocate (an exception with its trace included), and what each of its bytes adds.</summary>
    public long BaseMemory { get; init; } = 128 << 10;

    public long MemoryPerByte { get; init; } = 64;

    public TimeSpan TimeFor(byte[] input) => BaseTime + input.Length * TimePerByte;

    public long MemoryFor(byte[] input) => BaseMemory + input.Length * MemoryPerByte;

    public override string ToString() => Name;
}
