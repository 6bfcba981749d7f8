using CsCheck;
using DyT.Model.Kernels;

namespace DyT.Model.Tests.Products;

public sealed class ProductGridTests
{
    [Fact]
    public void Parts_cover_the_result_once_and_are_as_many_as_wanted_at_most() => Gen.Select(Gen.Int[0, 300], Gen.Int[0, 300], Gen.Int[1, 9]).Sample((rows, columns, parts) =>
    {
        var grid = ProductGrid.Of(rows, columns, parts);
        Assert.InRange(grid.Count, rows * columns == 0 ? 0 : 1, parts);
        var covered = new int[rows, columns];
        for (var part = 0; part < grid.Count; part++)
        {
            var (row, height, column, width) = grid.Part(rows, columns, part);
            for (var i = row; i < row + height; i++)
            {
                for (var j = column; j < column + width; j++)
                    covered[i, j]++;
            }
        }

        Assert.All(covered.Cast<int>(), times => Assert.Equal(1, times));
    });

    [Theory]
    [InlineData(1024, 1536, 2, 1, 2)]
    [InlineData(1536, 64, 2, 2, 1)]
    [InlineData(1024, 1024, 4, 2, 2)]
    [InlineData(8, 8, 4, 1, 1)] // a single tile
    public void The_side_that_costs_less_to_share_is_cut(int rows, int columns, int parts, int down, int across) =>
        Assert.Equal(new ProductGrid(down, across), ProductGrid.Of(rows, columns, parts));
}
