namespace DyT.Fuzz.Tests.Engine;

/// <summary>Makes the next input out of the pool, by a few mutations one after the other. The same seed gives the same inputs.</summary>
internal sealed class Mutator(FuzzTarget target, Pool pool, Random random)
{
    public byte[] Next()
    {
        var bytes = pool.Pick(random);
        do
        {
            bytes = random.Next(3) == 0 ? ByteMutations.Mutate(bytes, pool, random, target.LargestInput) : Structured(bytes);
            if (bytes.Length > target.LargestInput)
                bytes = bytes[..target.LargestInput];
        }
        while (random.Next(3) == 0);
        return bytes;
    }

    private byte[] Structured(byte[] bytes) => target.Syntax switch
    {
        Syntax.Text => TextMutations.Mutate(bytes, pool, random, target.LargestInput),
        Syntax.MessagePack => MessagePackMutations.Mutate(bytes, random),
        _ => ByteMutations.Mutate(bytes, pool, random, target.LargestInput),
    };
}
