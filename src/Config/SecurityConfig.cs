namespace DyT.Config;

public enum ControlSecurity { Secret, Tls }

public enum DataSecurity { Hello, Integrity, Tls }

/// <summary>How the processes of a run protect what they say to each other; docs/security.md says what each word gives.</summary>
public sealed record SecurityConfig
{
    public const string CertificateVariable = "DYT_TLS_CERT";
    public const string KeyVariable = "DYT_TLS_KEY";
    public const string AuthorityVariable = "DYT_TLS_CA";

    [Setting("Control messages: secret (registrations are proven by the run's secret, nothing is encrypted) or tls (mutual authentication by certificates and encryption, and the secret too).")]
    public ControlSecurity Control { get; init; } = ControlSecurity.Secret;

    [Setting("Gradients and weights: hello (both ends of a connection prove the secret when it opens), integrity (every frame is authenticated too) or tls (mutual authentication by certificates and encryption).")]
    public DataSecurity Data { get; init; } = DataSecurity.Hello;

    [Setting("tls: PEM file of the process' certificate; {role} in it stands for coordinator or worker. Absent: the file that DYT_TLS_CERT names.")]
    public string? Certificate { get; init; }

    [Setting("tls: PEM file of the certificate's private key; {role} as above. Absent: the file that DYT_TLS_KEY names.")]
    public string? Key { get; init; }

    [Setting("tls: PEM file of the authority's certificate, the only one whose certificates are accepted. Absent: the file that DYT_TLS_CA names.")]
    public string? Authority { get; init; }

    /// <summary>Whether certificates are needed at all.</summary>
    public bool UsesCertificates => Control == ControlSecurity.Tls || Data == DataSecurity.Tls;
}
