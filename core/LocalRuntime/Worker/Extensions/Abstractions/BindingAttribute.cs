namespace Iml4e.LocalRuntime.Worker.Extensions.Abstractions;

/// <summary>The root of all binding attributes.</summary>
[AttributeUsage(AttributeTargets.All)]
public abstract class BindingAttribute : Attribute
{
    /// <summary>For the derived attributes.</summary>
    public BindingAttribute()
    {
    }
}
