namespace Iml4e.Assessment.Experiment.Ctcde;

/// <summary>The metrics of one version since the experiment began.</summary>
public sealed record CtcdeReading
{
    /// <summary>The mean reward; null while there is none.</summary>
    public double? Reward { get; init; }

    /// <summary>The objectives' metrics by name; a name that is not there is unknown.</summary>
    public IReadOnlyDictionary<string, double?> Metrics { get; init; } = new SortedDictionary<string, double?>(StringComparer.Ordinal);
}
