namespace DyT.Cli.Doctor;

public enum CheckStatus
{
    Ok,

    /// <summary>Something works less well, or not all of it.</summary>
    Warn,

    /// <summary>Training cannot work.</summary>
    Fail,
}

/// <summary>What a check found.</summary>
/// <param name="What">What is there.</param>
/// <param name="Advice">What to do; null when all is well.</param>
public sealed record Finding(CheckStatus Status, string What, string? Advice = null)
{
    public static Finding Ok(string what) => new(CheckStatus.Ok, what);

    public static Finding Warn(string what, string advice) => new(CheckStatus.Warn, what, advice);

    public static Finding Fail(string what, string advice) => new(CheckStatus.Fail, what, advice);
}

/// <summary>One thing that 'dyt doctor' looks at. Foreseeable failures are findings, not exceptions.</summary>
public interface ICheck
{
    string Name { get; }

    Finding Run();
}
