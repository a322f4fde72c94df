using Iml4e.LocalRuntime.Worker.Extensions.Abstractions;

namespace Iml4e.LocalRuntime.Worker;

/// <summary>Marks the dispatcher parameter of an entity.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class EntityTriggerAttribute : TriggerBindingAttribute
{
    /// <summary>The entity's name; the function's name when not set.</summary>
    public string? EntityName { get; set; }
}
