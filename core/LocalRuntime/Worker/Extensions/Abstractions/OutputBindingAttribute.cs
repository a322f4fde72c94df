namespace Iml4e.LocalRuntime.Worker.Extensions.Abstractions;

/// <summary>The root of all output attributes.</summary>
[AttributeUsage(AttributeTargets.All)]
public abstract class OutputBindingAttribute : BindingAttribute
{
    /// <summary>For the derived attributes.</summary>
    public OutputBindingAttribute()
    {
    }
}
