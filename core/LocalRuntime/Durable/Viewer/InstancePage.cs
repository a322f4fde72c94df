namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>A page of the list of instances.</summary>
/// <param name="Hub">The task hub.</param>
/// <param name="Now">The time at the host, UTC.</param>
/// <param name="Counts">How many instances there are of each status, filters aside.</param>
/// <param name="Next">What asks for the page that follows; null at the end.</param>
internal sealed record InstancePage(
    string Hub, DateTime Now, IReadOnlyDictionary<string, long> Counts, IReadOnlyList<InstanceSummary> Items, string? Next);
