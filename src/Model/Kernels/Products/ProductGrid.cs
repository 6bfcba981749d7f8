namespace DyT.Model.Kernels;

/// <summary>How a product is shared out over threads: its result in so many parts downward and across, whole tiles each.</summary>
internal readonly record struct ProductGrid(int Down, int Across)
{
    // A row or column of a factor costs about so much of what a row of a tile costs to multiply: each part packs those that it needs.
    private const double Packing = 0.7;

    public int Count => Down * Across;

    /// <summary>The grid of <paramref name="parts"/> parts at most whose largest part costs least; one of no parts for no result.</summary>
    public static ProductGrid Of(int rows, int columns, int parts)
    {
        var (tilesDown, tilesAcross) = (Tiles(rows, MicroKernel.Rows), Tiles(columns, MicroKernel.Columns));
        if (rows == 0 || columns == 0)
            return new ProductGrid(0, 0);
        var best = new ProductGrid(1, 1);
        var least = double.MaxValue;
        for (var down = 1; down <= Math.Min(parts, tilesDown); down++)
        {
            var across = Math.Min(parts / down, tilesAcross);
            var (height, width) = ((double)Tiles(tilesDown, down), (double)Tiles(tilesAcross, across));
            var cost = height * width * MicroKernel.Rows + Packing * (height * MicroKernel.Rows + width * MicroKernel.Columns);
            if (cost < least)
                (best, least) = (new ProductGrid(down, across), cost);
        }

        return best;
    }

    /// <summary>Where a part lies in the result.</summary>
    public (int Row, int Rows, int Column, int Columns) Part(int rows, int columns, int part)
    {
        var (row, endRow) = Range(rows, MicroKernel.Rows, Down, part / Across);
        var (column, endColumn) = Range(columns, MicroKernel.Columns, Across, part % Across);
        return (row, endRow - row, column, endColumn - column);
    }

    private static (int Start, int End) Range(int length, int tile, int parts, int part)
    {
        var tiles = Tiles(length, tile);
        return ((int)Math.Min(length, (long)tiles * part / parts * tile), (int)Math.Min(length, (long)tiles * (part + 1) / parts * tile));
    }

    private static int Tiles(int length, int tile) => (length + tile - 1) / tile;
}
