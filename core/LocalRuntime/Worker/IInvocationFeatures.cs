namespace Iml4e.LocalRuntime.Worker;

/// <summary>Features of an invocation by type.</summary>
public interface IInvocationFeatures : IEnumerable<KeyValuePair<Type, object>>
{
    /// <summary>Sets the feature of this type.</summary>
    void Set<T>(T instance);

    /// <summary>Gets the feature of this type; default when there is none.</summary>
    T? Get<T>();
}
