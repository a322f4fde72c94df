namespace Iml4e.LocalRuntime.Testing.Fakes;

/// <summary>Values that a test gave as objects, read as the type that the code under test asks for.</summary>
internal static class FakeValue
{
    /// <exception cref="InvalidCastException">The value is of another type.</exception>
    public static T As<T>(object? value, string what) => value switch
    {
        null => default!,
        T typed => typed,
        _ => throw new InvalidCastException($"The {what} is a {value.GetType()}; the code asks for a {typeof(T)}."),
    };
}
