namespace Iml4e.LocalRuntime.Testing.Scripts;

/// <summary>The input of a call, read as the type that a script wants it to have.</summary>
/// <param name="read">Gives the input as a type; null when there is none.</param>
internal sealed class ScriptedInput(Func<Type, object?> read)
{
    /// <exception cref="InvalidCastException">The input is of another type.</exception>
    public T As<T>() => read(typeof(T)) switch
    {
        null => default!,
        T value => value,
        var other => throw new InvalidCastException($"The input is a {other.GetType()}; the script of the call expects a {typeof(T)}."),
    };
}
