namespace Iml4e.LocalRuntime.Worker.Extensions.Abstractions;

/// <summary>The root of all trigger attributes.</summary>
[AttributeUsage(AttributeTargets.All)]
public abstract class TriggerBindingAttribute : BindingAttribute
{
    /// <summary>For the derived attributes.</summary>
    public TriggerBindingAttribute()
    {
    }
}
