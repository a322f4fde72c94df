namespace Iml4e.LocalRuntime.Worker;

/// <summary>The values that a trigger offers by name.</summary>
public abstract class BindingContext
{
    /// <summary>Route values, the name of a blob and the like.</summary>
    public abstract IReadOnlyDictionary<string, object?> BindingData { get; }
}
