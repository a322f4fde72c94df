namespace Iml4e.LocalRuntime.Worker;

/// <summary>Name, type and direction of a binding.</summary>
public abstract class BindingMetadata
{
    /// <summary>The parameter's name; <c>$return</c> for the result.</summary>
    public abstract string Name { get; }

    /// <summary>The binding's type, such as <c>httpTrigger</c>.</summary>
    public abstract string Type { get; }

    /// <summary>Which way the data flows.</summary>
    public abstract BindingDirection Direction { get; }
}
