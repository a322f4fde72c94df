namespace Iml4e.LocalRuntime.Hosting.Invocation;

/// <summary>
/// The value of a parameter in one invocation. Must not be null where the parameter's type is a value type.
/// Throws <see cref="ParameterValueException"/> when what the caller sent does not fit.
/// </summary>
internal delegate ValueTask<object?> ParameterBinding(LocalFunctionContext context);
