namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>The call of an orchestration that an entity answers, or the lock request by which an orchestration holds it.</summary>
internal sealed record CallerLink(string InstanceId, long Execution, int TaskId);
