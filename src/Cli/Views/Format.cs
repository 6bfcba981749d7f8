using System.Globalization;

namespace DyT.Cli.Views;

/// <summary>Numbers as people read them; always with a decimal point, whatever the system's language.</summary>
public static class Format
{
    /// <summary>A loss in nats: four decimals.</summary>
    public static string Loss(double? loss) => loss is { } value ? value.ToString("0.0000", CultureInfo.InvariantCulture) : "-";

    /// <summary>A learning rate: <c>3.00e-4</c>.</summary>
    public static string Scientific(double value) => value.ToString("0.00e-0", CultureInfo.InvariantCulture);

    /// <summary>A count with a unit prefix: 950, 12.3k, 4.56M.</summary>
    public static string Count(double value) => Math.Abs(value) switch
    {
        < 1e3 => value.ToString("0.#", CultureInfo.InvariantCulture),
        < 1e6 => (value / 1e3).ToString("0.0", CultureInfo.InvariantCulture) + "k",
        < 1e9 => (value / 1e6).ToString("0.00", CultureInfo.InvariantCulture) + "M",
        < 1e12 => (value / 1e9).ToString("0.00", CultureInfo.InvariantCulture) + "G",
        _ => (value / 1e12).ToString("0.00", CultureInfo.InvariantCulture) + "T",
    };

    public static string Percent(double? share) =>
        share is { } value ? (value * 100).ToString("0.0", CultureInfo.InvariantCulture) + "%" : "-";

    /// <summary>A number with up to four decimals.</summary>
    public static string Number(double? value) => value is { } v ? v.ToString("0.####", CultureInfo.InvariantCulture) : "-";

    /// <summary>Shares by name, each after <paramref name="before"/>: <c> top1 91.2%</c>. Empty for none.</summary>
    public static string Scores(IReadOnlyDictionary<string, double>? scores, string before) =>
        scores is null ? "" : string.Concat(scores.Select(s => $"{before}{s.Key} {Percent(s.Value)}"));

    /// <summary>Bytes in binary units.</summary>
    public static string Bytes(double bytes) => bytes switch
    {
        < 1024 => bytes.ToString("0", CultureInfo.InvariantCulture) + " B",
        < 1024 * 1024 => (bytes / 1024).ToString("0.0", CultureInfo.InvariantCulture) + " KiB",
        < 1024d * 1024 * 1024 => (bytes / 1024 / 1024).ToString("0", CultureInfo.InvariantCulture) + " MiB",
        _ => (bytes / 1024 / 1024 / 1024).ToString("0.0", CultureInfo.InvariantCulture) + " GiB",
    };

    /// <summary>A duration in its two largest units: 42s, 3m10s, 2h05m, 3d04h.</summary>
    public static string Duration(TimeSpan? duration) => duration switch
    {
        null => "-",
        { TotalSeconds: < 10 } d => d.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + "s",
        { TotalMinutes: < 1 } d => string.Create(CultureInfo.InvariantCulture, $"{(int)d.TotalSeconds}s"),
        { TotalHours: < 1 } d => string.Create(CultureInfo.InvariantCulture, $"{d.Minutes}m{d.Seconds:00}s"),
        { TotalDays: < 1 } d => string.Create(CultureInfo.InvariantCulture, $"{d.Hours}h{d.Minutes:00}m"),
        { } d => string.Create(CultureInfo.InvariantCulture, $"{d.Days}d{d.Hours:00}h"),
    };

    /// <summary>Seconds of a phase: two significant decimals below ten.</summary>
    public static string Seconds(double seconds) => seconds.ToString(seconds < 10 ? "0.000" : "0.0", CultureInfo.InvariantCulture);
}
