namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>A child of an instance.</summary>
internal sealed record ChildSummary(string InstanceId, string Name, string Status, int TaskId);
