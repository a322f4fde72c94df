namespace Iml4e.LocalRuntime.Hosting.Invocation;

/// <summary>Writes a function's result, or a part of it, out.</summary>
internal delegate ValueTask OutputBinding(LocalFunctionContext context, object? result);
