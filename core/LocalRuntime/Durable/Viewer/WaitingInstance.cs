namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>An unfinished instance and what it waits for.</summary>
/// <param name="StandsStillSince">Since when nothing moves it and nothing is in sight that would; null when something is.</param>
internal sealed record WaitingInstance(InstanceSummary Instance, IReadOnlyList<Wait> Waits, DateTime? StandsStillSince);
