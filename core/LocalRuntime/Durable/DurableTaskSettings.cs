namespace Iml4e.LocalRuntime.Durable;

/// <summary>How the engine runs; from extensions.durableTask of host.json and the app's settings.</summary>
internal sealed record DurableTaskSettings
{
    public const int MaxCustomStatusChars = 8 * 1024;

    /// <summary>3 to 45 letters and digits that start with a letter.</summary>
    public string HubName { get; init; } = "TestHubName";

    /// <summary>The folder under which durable/{hub}.db is kept.</summary>
    public required string DataFolder { get; init; }

    public int MaxConcurrentActivities { get; init; } = 10 * Environment.ProcessorCount;

    public int MaxConcurrentOrchestrators { get; init; } = 10 * Environment.ProcessorCount;

    public int MaxConcurrentEntities { get; init; } = 10 * Environment.ProcessorCount;

    /// <summary>How many operations of an entity are carried out, at most, before they are kept together.</summary>
    public int MaxEntityBatch { get; init; } = 100;

    /// <summary>Whether an operation that throws leaves neither its state nor its signals and starts behind.</summary>
    public bool RollBackFailedOperations { get; init; } = true;

    /// <summary>How many waiting orchestrations keep their running code, and waiting entities their state, in memory; 0 reads them back each time.</summary>
    public int MaxLiveSessions { get; init; } = 1000;

    /// <summary>Whether each commit is flushed to the disk before anything follows from it.</summary>
    public bool Synchronous { get; init; } = true;

    /// <summary>Longer waits are split into timers of this length.</summary>
    public TimeSpan MaximumTimerInterval { get; init; } = TimeSpan.FromDays(3);

    /// <summary>
    /// In how many falls of the process in a row an activity, an operation of an entity or a turn of an orchestration must have been running, the last
    /// time as the only such one, to be failed as the culprit; 2 or more. Stops by request and power failures do not count; a kill from outside looks
    /// like a crash, but does not hit the same work again and again.
    /// </summary>
    public int MaxActivityCrashes { get; init; } = 3;

    /// <summary>How long the process must live without what the next fall may convict before that is run again.</summary>
    public TimeSpan CrashQuietTime { get; init; } = TimeSpan.FromSeconds(30);

    public int MaxOrchestrationActions { get; init; } = 100_000;

    public int WarnPayloadBytes { get; init; } = 32 * 1024;

    public int MaxPayloadBytes { get; init; } = 1024 * 1024;

    /// <summary>How long activities may go on after a stop; then they are left for the next start.</summary>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether activities that run when the process is asked to stop may first go on for most of that time, and are cancelled only then.</summary>
    public bool UseGracefulShutdown { get; init; }

    /// <summary>Whether instances keep the trace that they were started in, and spans tell of what they do.</summary>
    public bool DistributedTracing { get; init; }

    public string? DefaultVersion { get; init; }

    public VersionMatchStrategy VersionMatch { get; init; }

    /// <summary>Whether an instance of a version that does not match fails; if not, it waits for a host of its version.</summary>
    public bool FailOnVersionMismatch { get; init; }

    /// <summary>Whether an instance of the same id that is still running is replaced by a new one.</summary>
    public bool OverrideRunningInstances { get; init; }

    /// <summary>Age after which completed instances are purged; null for never.</summary>
    public TimeSpan? CompletedRetention { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Age after which terminated instances are purged; null for never.</summary>
    public TimeSpan? TerminatedRetention { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Age after which failed instances are purged; null for never.</summary>
    public TimeSpan? FailedRetention { get; init; } = TimeSpan.FromDays(90);

    public string DatabasePath => Path.Combine(DataFolder, "durable", HubName + ".db");
}
