using Iml4e.LocalRuntime.DurableTask;

namespace Iml4e.LocalRuntime.Durable;

/// <summary>The context of an activity that the local runtime runs.</summary>
internal sealed class LocalActivityContext(string name, string instanceId, string? version) : TaskActivityContext
{
    public override TaskName Name { get; } = name;

    public override string InstanceId { get; } = instanceId;

    public override string Version { get; } = version ?? string.Empty;
}
