namespace Iml4e.LocalRuntime.Testing.Fakes;

/// <summary>The context of an activity that a test calls as a plain method.</summary>
public sealed class FakeTaskActivityContext(string name = "Activity", string instanceId = "test") : TaskActivityContext
{
    public override TaskName Name { get; } = name;

    public override string InstanceId { get; } = instanceId;
}
