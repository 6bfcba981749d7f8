namespace DyT.Collectives.Tests;

/// <summary>Rounding to bf16 by its definition: of the two neighbours the nearer, of two equally near the even one. By comparing distances, where the product adds and shifts bits.</summary>
internal static class Bf16Reference
{
    public const double UnitRoundoff = 1.0 / 256; // 8 bits of significand

    private const double FirstBeyond = 3.402823669209384634633746e38; // 2^128: what would follow the largest finite value

    public static ushort Bits(float value)
    {
        if (float.IsNaN(value))
            return 0x7FC0;
        var below = (ushort)(BitConverter.SingleToInt32Bits(value) >>> 16); // toward zero
        if (float.IsInfinity(value))
            return below;
        var above = (ushort)(below + 1); // away from zero
        var toBelow = Math.Abs(value - Value(below));
        var toAbove = Math.Abs(Value(above) - value);
        return toBelow < toAbove || (toBelow == toAbove && below % 2 == 0) ? below : above;
    }

    public static float Round(float value) => BitConverter.Int32BitsToSingle(Bits(value) << 16);

    private static double Value(ushort bits)
    {
        var value = (double)BitConverter.Int32BitsToSingle(bits << 16);
        return double.IsInfinity(value) ? Math.CopySign(FirstBeyond, value) : value;
    }
}
