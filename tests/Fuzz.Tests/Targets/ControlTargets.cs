using System.Runtime.Serialization;
using DyT.Cluster.Messages;
using DyT.Cluster.Serialization;
using DyT.Fuzz.Tests.Engine;
using DyT.Tests.Shared;

namespace DyT.Fuzz.Tests.Targets;

/// <summary>The control plane's messages: an input's first byte chooses the manifest, so that bytes of one kind also come as another.</summary>
internal static class ControlTargets
{
    // The serializer keeps the system and asks nothing of it.
    private static readonly ControlSerializer Serializer = new(null!);

    public static FuzzTarget Messages() => new("control messages", [.. ControlExamples.All.Select(Seed)], Read)
    {
        Syntax = Syntax.MessagePack,
        Allowed = typeof(SerializationException),
    };

    private static byte[] Seed(IControlMessage message)
    {
        var manifest = Serializer.Manifest(message);
        var index = MessageCodecs.All.TakeWhile(c => c.Manifest != manifest).Count();
        return [(byte)index, .. Serializer.ToBinary(message)];
    }

    private static bool Read(byte[] bytes)
    {
        if (bytes.Length == 0)
            return false;
        var manifest = MessageCodecs.All[bytes[0] % MessageCodecs.All.Count].Manifest;
        var message = Serializer.FromBinary(bytes[1..], manifest);
        // What was taken can be written, and says the same again.
        var written = Serializer.ToBinary(message);
        Assert.Equal(written, Serializer.ToBinary(Serializer.FromBinary(written, Serializer.Manifest(message))));
        return true;
    }
}
