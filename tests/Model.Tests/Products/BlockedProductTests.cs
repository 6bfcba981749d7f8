using CsCheck;
using DyT.Model.Kernels;
using DyT.Model.Native;
using TorchSharp;

namespace DyT.Model.Tests.Products;

/// <summary>Our own kernel against sums in double precision, and against itself on other parts of the result.</summary>
public sealed unsafe class BlockedProductTests
{
    private const int Pad = 3; // between rows

    // Around the edges of tiles (12, 32), of blocks (192, 1024) and of the inner dimension's (384).
    private static readonly Gen<int> Rows = Gen.OneOf(Gen.Int[1, 40], Gen.Int[185, 200]);
    private static readonly Gen<int> Columns = Gen.OneOf(Gen.Int[1, 70], Gen.Int[1020, 1060]);
    private static readonly Gen<int> Inner = Gen.OneOf(Gen.Int[0, 20], Gen.Int[380, 390], Gen.Int[766, 772]);
    private static readonly Gen<(int Rows, int Columns, int Inner, bool TurnsA, bool TurnsB, int Seed)> Cases = Gen.Select(Rows, Columns, Inner, Gen.Bool, Gen.Bool, Gen.Int[0, 1000]);

    [Fact]
    public void Every_element_is_its_sum_of_products()
    {
        Assert.SkipUnless(MicroKernel.IsSupported, "this processor has no AVX-512");
        Gen.Select(Cases, Gen.Bool).Sample(
            (shape, adds) =>
            {
                var (rows, columns, inner, turnsA, turnsB, seed) = shape;
                var random = new Random(seed);
                var (a, b) = (new Factor(rows, inner, turnsA, random), new Factor(inner, columns, turnsB, random));
                var c = Values(rows * (columns + Pad), random);
                if (!adds)
                    Array.Fill(c, float.NaN); // what stood there must not count
                var before = c.ToArray();
                Run(BlockedProduct.Run, rows, columns, inner, a, b, adds, c, columns + Pad);
                for (var i = 0; i < rows; i++)
                {
                    for (var j = 0; j < columns; j++)
                    {
                        var sum = adds ? (double)before[i * (columns + Pad) + j] : 0;
                        var size = Math.Abs(sum);
                        for (var k = 0; k < inner; k++)
                        {
                            sum += (double)a[i, k] * b[k, j];
                            size += Math.Abs((double)a[i, k] * b[k, j]);
                        }

                        Assert.InRange(Math.Abs(sum - c[i * (columns + Pad) + j]), 0, (inner + 2) * 6e-8 * size);
                    }

                    for (var j = columns; j < columns + Pad; j++)
                        Assert.Equal(before[i * (columns + Pad) + j], c[i * (columns + Pad) + j]); // beyond the row
                }
            },
            iter: 60);
    }

    [Fact]
    public void An_elements_bits_do_not_depend_on_the_shape_around_it()
    {
        Assert.SkipUnless(MicroKernel.IsSupported, "this processor has no AVX-512");
        Cases.Sample(
            shape =>
            {
                var (rows, columns, inner, turnsA, turnsB, seed) = shape;
                var random = new Random(seed);
                var (a, b) = (new Factor(rows, inner, turnsA, random), new Factor(inner, columns, turnsB, random));
                var whole = new float[rows * columns];
                Run(BlockedProduct.Run, rows, columns, inner, a, b, adds: false, whole, columns);
                var (row, column) = (random.Next(rows), random.Next(columns));
                var (height, width) = (1 + random.Next(rows - row), 1 + random.Next(columns - column));
                var part = new float[height * width];
                Run((m, n, k, left, right, adds, c, stride) => BlockedProduct.Run(m, n, k, left.From(row, 0), right.From(0, column), adds, c, stride), height, width, inner, a, b, adds: false, part, width);
                for (var i = 0; i < height; i++)
                    Assert.Equal(whole.AsSpan((row + i) * columns + column, width), part.AsSpan(i * width, width));
            },
            iter: 60);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void The_number_of_threads_changes_no_bit(int threads)
    {
        Assert.SkipUnless(Gemm.IsOwn, "our own kernel does not multiply here");
        var random = new Random(4);
        var (a, b) = (new Factor(257, 400, turned: false, random), new Factor(400, 131, turned: true, random));
        var (alone, shared) = (new float[257 * 131], new float[257 * 131]);
        Run(BlockedProduct.Run, 257, 131, 400, a, b, adds: false, alone, 131);
        NativeRuntime.Load();
        var before = torch.get_num_threads();
        torch.set_num_threads(threads);
        try
        {
            Run(Gemm.MultiplyOnThreads, 257, 131, 400, a, b, adds: false, shared, 131);
        }
        finally
        {
            torch.set_num_threads(before);
        }

        Assert.Equal(alone, shared);
    }

    private delegate void Multiply(int rows, int columns, int inner, Operand a, Operand b, bool adds, float* c, int stride);

    private static void Run(Multiply multiply, int rows, int columns, int inner, Factor a, Factor b, bool adds, float[] c, int stride)
    {
        fixed (float* left = a.Memory, right = b.Memory, result = c)
            multiply(rows, columns, inner, new Operand(left, a.Stride, a.Turned), new Operand(right, b.Stride, b.Turned), adds, result, stride);
    }

    private static float[] Values(int count, Random random) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];

    /// <summary>A matrix of random values, perhaps kept as its transpose, with some memory between its rows.</summary>
    private sealed class Factor
    {
        public Factor(int rows, int columns, bool turned, Random random)
        {
            Turned = turned;
            Stride = (turned ? rows : columns) + Pad;
            Memory = Values(Math.Max(1, (turned ? columns : rows) * Stride), random); // an empty array has no address
            for (var i = 0; i < Memory.Length; i++)
            {
                if (i % Stride >= Stride - Pad)
                    Memory[i] = float.NaN; // whoever reads beyond a row shows it
            }
        }

        public bool Turned { get; }

        public int Stride { get; }

        public float[] Memory { get; }

        public float this[int row, int column] => Memory[Turned ? column * Stride + row : row * Stride + column];
    }
}
