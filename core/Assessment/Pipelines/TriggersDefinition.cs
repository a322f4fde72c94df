using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Pipelines;

/// <summary>
/// What starts a retraining, in the words of the specification of the adaptive pipeline, section 3; the short form is <see cref="TrainDefinition.Triggers"/>.
/// What is left out triggers nothing.
/// </summary>
public sealed record TriggersDefinition
{
    /// <summary>At certain times.</summary>
    public PeriodicTrigger? Periodic { get; init; }

    /// <summary>A signal of the monitoring that stays high.</summary>
    public MonitoringTrigger? Monitoring { get; init; }

    /// <summary>New rows in the data set.</summary>
    public DataUpdateTrigger? DataUpdate { get; init; }

    /// <summary>A push to the repository that the pipeline's code or configuration is kept in.</summary>
    public RepositoryTrigger? Repository { get; init; }
}

/// <summary>The trigger <c>periodic</c>.</summary>
public sealed record PeriodicTrigger
{
    /// <summary>Six-field NCRONTAB expression in UTC.</summary>
    public required string Cron { get; init; }

    /// <summary>Whether it triggers.</summary>
    public bool Enabled { get; init; } = true;
}

/// <summary>The trigger <c>monitoring</c>: above high several times in a row, then not again before it came back below low.</summary>
public sealed record MonitoringTrigger
{
    /// <summary>Whether it triggers.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary><c>dataset_drift_share</c>, <c>realized_error_ratio</c> or <c>realized_error</c>.</summary>
    public string Signal { get; init; } = MonitoringSignals.DriftShare;

    /// <summary>Predictions, or outcomes, in a window, from 30 for drift and 10 for errors; a score is taken each half, or fifth, of it.</summary>
    public int Window { get; init; } = 500;

    /// <summary>Score at or above which a window counts as bad.</summary>
    public double High { get; init; } = 0.5;

    /// <summary>Score at or below which a window counts as good again.</summary>
    public double Low { get; init; } = 0.3;

    /// <summary>Bad scores in a row that trigger.</summary>
    public int ConsecutiveHigh { get; init; } = 3;

    /// <summary>Good scores in a row that re-arm.</summary>
    public int ConsecutiveLow { get; init; } = 2;

    /// <summary>Least time between two triggers.</summary>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan Cooldown { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Triggers a UTC day at most.</summary>
    public int MaxPerDay { get; init; } = 2;

    /// <summary>Factor by which the cool-down grows with each failed retraining.</summary>
    public double FailureBackoffFactor { get; init; } = 2;

    /// <summary>Longest cool-down.</summary>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan FailureBackoffCap { get; init; } = TimeSpan.FromDays(14);
}

/// <summary>The trigger <c>dataUpdate</c>.</summary>
public sealed record DataUpdateTrigger
{
    /// <summary>Whether it triggers.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Where the data lands: <c>datasets/NAME/</c> with the pipeline's data set; may be left out.</summary>
    public string? BlobPrefix { get; init; }

    /// <summary>New rows since the last training that are needed.</summary>
    public int MinNewRows { get; init; } = 168;

    /// <summary>Quiet time after the last event before it triggers.</summary>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan Debounce { get; init; } = TimeSpan.FromMinutes(10);
}

/// <summary>The trigger <c>repository</c>: a signed push that touches one of the paths.</summary>
public sealed record RepositoryTrigger
{
    /// <summary>Whether it triggers.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>The branch that counts.</summary>
    public string Branch { get; init; } = "main";

    /// <summary>Globs of the paths that count, such as <c>pipelines/bldg/**</c>; all when empty. 100 at most.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];
}
