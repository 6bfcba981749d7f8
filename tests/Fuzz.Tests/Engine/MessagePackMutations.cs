using MessagePack;

namespace DyT.Fuzz.Tests.Engine;

/// <summary>Mutations of MessagePack by its elements: one is replaced, removed, doubled, or its header's count altered.</summary>
internal static class MessagePackMutations
{
    private static readonly byte[][] Elements =
    [
        [0xC0], [0xC2], [0xC3], [0x00], [0x7F], [0xE0], [0xC1], [0x80], [0x90], [0xA0], [0x91, 0xC0], [0x81, 0xA0, 0xC0], [0xA1, 0xFF], [0xA3, 0xED, 0xA0, 0x80],
        [0xCC, 0xFF], [0xCD, 0xFF, 0xFF], [0xCE, 0xFF, 0xFF, 0xFF, 0xFF], [0xCF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0xD0, 0x80], [0xD2, 0x80, 0, 0, 0], [0xD2, 0x7F, 0xFF, 0xFF, 0xFF],
        [0xD3, 0x80, 0, 0, 0, 0, 0, 0, 0], [0xD3, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0xCB, 0x7F, 0xF8, 0, 0, 0, 0, 0, 0], [0xCA, 0xFF, 0x80, 0, 0], [0xD4, 0xFF, 0x00],
        [0xC4, 0x00], [0xC4, 0xFF], [0xC6, 0x7F, 0xFF, 0xFF, 0xFF], [0xC6, 0xFF, 0xFF, 0xFF, 0xFF], [0xC9, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0xDA, 0xFF, 0xFF], [0xDB, 0x7F, 0xFF, 0xFF, 0xFF],
        [0xDB, 0xFF, 0xFF, 0xFF, 0xFF], [0xDC, 0xFF, 0xFF], [0xDD, 0x00, 0x00, 0x50, 0x00], [0xDD, 0x7F, 0xFF, 0xFF, 0xFF], [0xDD, 0xFF, 0xFF, 0xFF, 0xFF], [0xDE, 0x27, 0x10], [0xDF, 0x7F, 0xFF, 0xFF, 0xFF],
        [0xDF, 0xFF, 0xFF, 0xFF, 0xFF],
    ];

    public static byte[] Mutate(byte[] bytes, Random random)
    {
        var elements = Find(bytes);
        if (elements.Count == 0)
            return Elements[random.Next(Elements.Length)];
        var (start, end) = elements[random.Next(elements.Count)];
        var (otherStart, otherEnd) = elements[random.Next(elements.Count)];
        return random.Next(5) switch
        {
            0 or 1 => [.. bytes.AsSpan(0, start), .. Elements[random.Next(Elements.Length)], .. bytes.AsSpan(end)],
            2 => [.. bytes.AsSpan(0, start), .. bytes.AsSpan(otherStart, otherEnd - otherStart), .. bytes.AsSpan(end)],
            3 => [.. bytes.AsSpan(0, start), .. bytes.AsSpan(end)],
            _ => [.. bytes.AsSpan(0, start), (byte)(bytes[start] + (random.Next(2) == 0 ? 1 : -1)), .. bytes.AsSpan(start + 1)],
        };
    }

    /// <summary>Where the elements stand, those inside arrays and maps included, as far as the bytes are MessagePack.</summary>
    private static List<(int Start, int End)> Find(byte[] bytes)
    {
        var found = new List<(int, int)>();
        for (var at = 0; at < bytes.Length;)
        {
            var start = at;
            var reader = new MessagePackReader(bytes.AsMemory(at));
            try
            {
                // A header counts as an element, and so does what stands in it.
                if (reader.NextMessagePackType == MessagePackType.Array)
                    reader.ReadArrayHeader();
                else if (reader.NextMessagePackType == MessagePackType.Map)
                    reader.ReadMapHeader();
                else
                    reader.Skip();
            }
            catch (Exception e) when (e is MessagePackSerializationException or EndOfStreamException or ArgumentOutOfRangeException or OverflowException)
            {
                break;
            }

            at += (int)reader.Consumed;
            found.Add((start, at));
        }

        return found;
    }
}
