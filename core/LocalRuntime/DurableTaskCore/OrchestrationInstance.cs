namespace Iml4e.LocalRuntime.DurableTaskCore;

/// <summary>An instance and one of its executions.</summary>
public class OrchestrationInstance
{
    public string? InstanceId { get; set; }

    public string? ExecutionId { get; set; }

    public override string ToString() => $"[InstanceId: {InstanceId}, ExecutionId: {ExecutionId}]";
}
