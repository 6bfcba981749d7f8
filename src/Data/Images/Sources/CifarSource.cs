using DyT.Config;

namespace DyT.Data.Images;

/// <summary>
/// The binary version of CIFAR-10 (records of a label and 3072 bytes) or CIFAR-100 (a coarse and a fine label, of which the fine one counts, and 3072
/// bytes): colour planes of 32 x 32.
/// </summary>
internal sealed class CifarSource : ImageSource
{
    private static readonly ImageShape Size = new(3, 32, 32);

    /// <summary>One of the two data sets.</summary>
    private sealed record Layout(string[] Train, string Test, int LabelBytes, int Classes, string Names);

    private static readonly Layout[] Layouts =
    [
        new(["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"], "test_batch.bin", 1, 10, "batches.meta.txt"),
        new(["train.bin"], "test.bin", 2, 100, "fine_label_names.txt"),
    ];

    private readonly Layout _layout;
    private readonly string _folder;

    private CifarSource(Layout layout, string folder)
    {
        _layout = layout;
        _folder = folder;
        var names = At(layout.Names);
        ClassNames = File.Exists(names) ? ReadNames(names) : Numbers(layout.Classes);
    }

    public override ImageShape? Shape => Size;

    public override IReadOnlyList<string> ClassNames { get; }

    public override IEnumerable<string> Files => _layout.Train.Append(_layout.Test).Select(At);

    /// <summary>The source in a folder; null when it has no such files.</summary>
    public static CifarSource? TryOpen(string folder) =>
        Layouts.FirstOrDefault(layout => File.Exists(Path.Combine(folder, layout.Train[0]))) is { } layout ? new CifarSource(layout, folder) : null;

    public override IEnumerable<LabelledImage> Train(ImageFit fit, CancellationToken ct) =>
        _layout.Train.SelectMany(name => Read(At(name), _layout.LabelBytes, _layout.Classes, fit, ct));

    public override IEnumerable<LabelledImage> Validation(ImageFit fit, CancellationToken ct) =>
        Read(At(_layout.Test), _layout.LabelBytes, _layout.Classes, fit, ct);

    /// <summary>Streams the records of one file.</summary>
    internal static IEnumerable<LabelledImage> Read(string path, int labelBytes, int classes, ImageFit fit, CancellationToken ct)
    {
        using var stream = InputFile.Open(path, "CIFAR file");
        var record = new byte[labelBytes + Size.Bytes];
        if (stream.Length == 0 || stream.Length % record.Length != 0)
            throw new UserErrorException($"{path}: {stream.Length} bytes are no whole number of records of {record.Length}; get the binary version of the data set again.");
        for (var left = stream.Length / record.Length; left > 0; left--)
        {
            ct.ThrowIfCancellationRequested();
            InputFile.Guard(path, () =>
            {
                stream.ReadExactly(record);
                return true;
            });
            var label = record[labelBytes - 1];
            if (label >= classes)
                throw new UserErrorException($"{path}: a label of {label} is none of the {classes} classes; get the binary version of the data set again.");
            yield return new LabelledImage(fit.Apply(Size, record[labelBytes..]), label);
        }
    }

    private string[] ReadNames(string path)
    {
        string[] names = [.. InputFile.ReadText(path, 1 << 16, "list of class names").Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0)];
        return names.Length == _layout.Classes ? names
            : throw new UserErrorException($"{path}: it names {names.Length} classes instead of {_layout.Classes}; get the data set again or take the file away.");
    }

    private string At(string name) => Path.Combine(_folder, name);
}
