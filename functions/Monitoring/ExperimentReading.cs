using Iml4e.Catalog;

namespace Iml4e.Functions.Monitoring;

/// <summary>An experiment that is being looked at: its figures, and how far the logs have been read for them.</summary>
internal sealed class ExperimentReading(LogCursor start, long now)
{
    /// <summary>One reader at a time.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    /// <summary>The figures.</summary>
    public ExperimentTally Tally { get; } = new();

    /// <summary>Where the prediction log was read to.</summary>
    public LogCursor Predictions { get; set; } = start;

    /// <summary>Where the outcome log was read to.</summary>
    public LogCursor Outcomes { get; set; } = start;

    /// <summary>The last look, in ticks of the time provider.</summary>
    public long LookedAt { get; set; } = now;
}
