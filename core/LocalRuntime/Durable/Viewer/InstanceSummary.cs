namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>A row of the list of instances; times are UTC.</summary>
/// <param name="Error">Why it failed; null in every other status.</param>
/// <param name="Parent">The instance that started it; null for none.</param>
internal sealed record InstanceSummary(
    string InstanceId, string Name, string? Version, string Status, DateTime Created, DateTime Updated, string? Error, string? Parent);
