namespace DyT.Cli.Doctor;

/// <summary>All checks, in the order in which a person would look.</summary>
public static class Checks
{
    public static IReadOnlyList<ICheck> All(string folder) =>
    [
        new RuntimeCheck(),
        new NativeCheck(),
        new DevicesCheck(),
        new CoresCheck(),
        new MemoryCheck(),
        new DiskCheck(folder),
        new MatrixRateCheck(),
        new PortCheck(),
        new CorporaCheck(new Config.DataConfig().Cache),
        new ToolCheck("npm", "only 'dyt data get' of moby-dick and sotu needs it; quickstart and own data go without."),
        new ToolCheck("git", "only development needs it."),
    ];
}
