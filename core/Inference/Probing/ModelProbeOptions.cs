namespace Iml4e.Inference.Probing;

/// <summary>How models are tried in a process of their own.</summary>
public sealed record ModelProbeOptions
{
    /// <summary>Program that is started; null = the one that runs now.</summary>
    public string? Program { get; init; }

    /// <summary>Its arguments before <see cref="ModelProbeWorker.Argument"/>; null = those that start the assembly that runs now.</summary>
    public IReadOnlyList<string>? Arguments { get; init; }

    /// <summary>Longest time for building the session and a run together (30 s).</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest time for the run alone (10 s).</summary>
    public TimeSpan RunTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Longest processor time for the run of a model whose file does not tell how often its loops run (0.5 s): on the smallest input they have little to do, or
    /// do not end.
    /// </summary>
    public TimeSpan OpenRunTime { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Memory that a model may take beside five times its file, in bytes (1 GiB).</summary>
    public long MaximumMemory { get; init; } = 1L << 30;

    /// <summary>Models tried at the same time (2).</summary>
    public int MaximumProcesses { get; init; } = 2;

    /// <summary>Models that may wait for their turn (64); more are turned away.</summary>
    public int MaximumQueue { get; init; } = 64;

    /// <summary>Models that have passed and are remembered by their digest, so that the same file is not tried again (256); the oldest are forgotten first.</summary>
    public int MaximumRemembered { get; init; } = 256;

    /// <summary>How long an idle process is kept for the next model (30 s).</summary>
    public TimeSpan IdleLifetime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Settings of the sessions that are built.</summary>
    public SessionSettings Session { get; init; } = SessionSettings.Default;
}
