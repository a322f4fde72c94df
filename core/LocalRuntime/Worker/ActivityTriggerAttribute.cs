using Iml4e.LocalRuntime.Worker.Extensions.Abstractions;

namespace Iml4e.LocalRuntime.Worker;

/// <summary>Marks the input parameter of an activity.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class ActivityTriggerAttribute : TriggerBindingAttribute
{
    /// <summary>The activity's name; the function's name when not set.</summary>
    public string? Activity { get; set; }
}
