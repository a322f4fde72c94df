namespace Iml4e.LocalRuntime.Worker.Extensions.Abstractions;

/// <summary>The root of all input attributes.</summary>
[AttributeUsage(AttributeTargets.All)]
public abstract class InputBindingAttribute : BindingAttribute
{
    /// <summary>For the derived attributes.</summary>
    public InputBindingAttribute()
    {
    }
}
