using Parquet;
using Parquet.Schema;

namespace DyT.Data;

/// <summary>The text column of a Parquet file, row group by row group.</summary>
internal static class ParquetText
{
    public static IEnumerable<string> Read(string file, string column)
    {
        var reader = Guarded(file, () => ParquetReader.CreateAsync(file).GetAwaiter().GetResult());
        try
        {
            var field = TextColumn(reader, file, column);
            for (var group = 0; group < reader.RowGroupCount; group++)
            {
                foreach (var text in Guarded(file, () => ReadGroup(reader, field, group)))
                {
                    if (text is not null)
                        yield return text;
                }
            }
        }
        finally
        {
            reader.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static DataField TextColumn(ParquetReader reader, string file, string column)
    {
        var texts = reader.Schema.DataFields.Where(f => f.ClrType == typeof(string)).ToList();
        return texts.Find(f => f.Name == column)
            ?? throw new DataException($"{file} has no text column \"{column}\": set data.field to one of {string.Join(", ", texts.Select(f => f.Name))}");
    }

    private static string?[] ReadGroup(ParquetReader reader, DataField field, int group)
    {
        using var rows = reader.OpenRowGroupReader(group);
        var texts = new string?[checked((int)rows.RowCount)];
        rows.ReadAsync(field, texts.AsMemory()).AsTask().GetAwaiter().GetResult();
        return texts;
    }

    private static T Guarded<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e)
        {
            // The library throws whatever its parser meets.
            throw new DataException($"{file} is not a Parquet file that can be read: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }
}
