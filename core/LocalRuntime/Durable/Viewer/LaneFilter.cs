namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>Which lanes of a timeline are shown.</summary>
/// <param name="Status">Where they stand; null for anywhere.</param>
/// <param name="Search">A part of their name, whatever its case; null for any.</param>
internal sealed record LaneFilter(AttemptStatus? Status, string? Search)
{
    public bool Takes(Lane lane) =>
        (Status is null || lane.Status == Status || (Status == AttemptStatus.Failed && lane.Attempts.Exists(attempt => attempt.Status == AttemptStatus.Failed)))
        && (Search is null || lane.Name.Contains(Search, StringComparison.OrdinalIgnoreCase));
}
