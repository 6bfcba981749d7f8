using DyT.Collectives.Tcp;
using DyT.Config;
using DyT.Fuzz.Tests.Engine;

namespace DyT.Fuzz.Tests.Targets;

/// <summary>What a stranger can send to the data plane's port.</summary>
internal static class DataPlaneTargets
{
    public static IEnumerable<FuzzTarget> All() => [Hellos(), Frames()];

    private static FuzzTarget Hellos() => new(
        "hello",
        [
            new Hello(new byte[32], new byte[32], 1, 0, 1, WireType.Fp32, 0, 1, Hello.NewNonce()).ToBytes(),
            new Hello(new DataPlaneIdentity("run", [1]).RunHash, new byte[32], long.MaxValue, int.MaxValue, 0, WireType.Bf16, 15, 16, new byte[32]).ToBytes(),
        ],
        bytes =>
        {
            if (Hello.Parse(bytes) is not { } hello)
                return false;
            Assert.True(hello.FromRank >= 0 && hello.ToRank >= 0);
            Assert.Equal(bytes, hello.ToBytes());
            return true;
        })
    {
        LargestInput = 4 * Hello.HelloBytes,
    };

    private static FuzzTarget Frames() => new(
        "frame header",
        [Header(new Frame(FrameKind.Data, 3, 7, 1 << 20, 65536)), Header(new Frame(FrameKind.Heartbeat, 0, 0, 0, 0)), Header(new Frame(FrameKind.Goodbye, 0, 0, 0, 0))],
        bytes =>
        {
            // The link reads exactly as many bytes as a header has; what is read must be all that was there.
            Array.Resize(ref bytes, Frame.HeaderBytes);
            Assert.Equal(bytes, Header(Frame.Read(bytes)));
            return true;
        })
    {
        LargestInput = 2 * Frame.HeaderBytes,
    };

    private static byte[] Header(Frame frame)
    {
        var header = new byte[Frame.HeaderBytes];
        frame.Write(header);
        return header;
    }
}
