namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>Whom a child reports to.</summary>
internal sealed record ParentLink(string InstanceId, string Name, long Execution, int TaskId);
