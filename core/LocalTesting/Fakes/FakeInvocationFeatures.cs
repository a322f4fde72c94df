using System.Collections;

namespace Iml4e.LocalRuntime.Testing.Fakes;

/// <summary>Features of a fake invocation, by type.</summary>
internal sealed class FakeInvocationFeatures : IInvocationFeatures, IEnumerable<KeyValuePair<Type, object>>
{
    private readonly Dictionary<Type, object> features = [];

    public void Set<T>(T instance) => features[typeof(T)] = instance!;

    public T? Get<T>() => features.TryGetValue(typeof(T), out var feature) ? (T)feature : default;

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator() => features.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
