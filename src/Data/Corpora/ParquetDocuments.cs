using System.Runtime.ExceptionServices;
using DyT.Config;
using Parquet;
using Parquet.Schema;

namespace DyT.Data;

/// <summary>A string column of a .parquet file, one row group in memory at a time; missing values are passed over.</summary>
internal static class ParquetDocuments
{
    // The library's reader can run for ever on a damaged file. No row group of a good one takes this long.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static IEnumerable<string> Read(string path, string column, CancellationToken ct) => Read(path, column, Patience, ct);

    /// <param name="patience">How long opening the file, or reading one row group of it, may take.</param>
    internal static IEnumerable<string> Read(string path, string column, TimeSpan patience, CancellationToken ct)
    {
        using var stream = InputFile.Open(path, "parquet file");
        var reader = Guard(path, patience, () => ParquetReader.CreateAsync(stream, leaveStreamOpen: true, cancellationToken: ct).GetAwaiter().GetResult());
        try
        {
            var field = Find(Guard(path, patience, () => reader.Schema.DataFields), path, column);
            for (var group = 0; group < reader.RowGroupCount; group++)
                foreach (var text in ReadGroup(reader, group, field, path, patience, ct))
                    if (text is not null) yield return text;
        }
        finally
        {
            reader.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static string?[] ReadGroup(ParquetReader reader, int group, DataField field, string path, TimeSpan patience, CancellationToken ct) => Guard(path, patience, () =>
    {
        using var rows = reader.OpenRowGroupReader(group);
        if (rows.RowCount is < 0 or > TextLimits.RowGroupRows)
            throw new UserErrorException($"{path}: row group {group} has {rows.RowCount} rows, more than the {TextLimits.RowGroupRows} that are read at once; write the file with smaller row groups.");
        var texts = new string?[rows.RowCount];
        rows.ReadAsync(field, texts.AsMemory(), null, ct).AsTask().GetAwaiter().GetResult();
        return texts;
    });

    private static DataField Find(DataField[] fields, string path, string column)
    {
        var field = Array.Find(fields, candidate => candidate.Name == column);
        if (field is null)
            throw new UserErrorException($"{path}: there is no column '{column}'; it has {string.Join(", ", fields.Take(50).Select(f => $"'{f.Name}'"))}: set data.field to the one that holds the text.");
        // A file's string columns come as the library's own character memory, and are read as strings all the same.
        if ((field.ClrType != typeof(string) && field.ClrType != typeof(ReadOnlyMemory<char>)) || field.IsArray || field.MaxRepetitionLevel > 0)
            throw new UserErrorException($"{path}: the column '{column}' is not a column of strings; set data.field to one that is.");
        return field;
    }

    private static T Guard<T>(string path, TimeSpan patience, Func<T> read)
    {
        T result = default!;
        Exception? failure = null;
        var reading = new Thread(() =>
        {
            try
            {
                result = read();
            }
            catch (Exception e)
            {
                failure = e; // sorted out below, on the caller's thread
            }
        })
        { IsBackground = true, Name = "parquet reader" };
        reading.Start();
        if (!reading.Join(patience))
            throw new UserErrorException($"{path}: reading it does not come to an end; the parquet file is damaged, write it again.");
        if (failure is null)
            return result;
        if (failure is UserErrorException or OperationCanceledException or OutOfMemoryException)
            ExceptionDispatchInfo.Throw(failure);

        // The library's reader has no error type of its own: a damaged file comes out as whatever it ran into.
        throw new UserErrorException($"{path}: it is not a readable parquet file ({failure.Message.TrimEnd('.')}); check that it is the right file and whole.", inner: failure);
    }
}
