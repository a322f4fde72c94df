namespace Iml4e.LocalRuntime.Hosting.Invocation;

/// <summary>What a caller sent does not fit a parameter; <see cref="Path"/> says where, the message why, both fit for the caller's eyes.</summary>
internal sealed class ParameterValueException(string path, string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The parameter, or a path within the body.</summary>
    public string Path => path;
}
