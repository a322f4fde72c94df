namespace Iml4e.LocalRuntime.Hosting.Invocation;

/// <summary>A function's method behind one signature: any result, awaited, as an object; null for void.</summary>
internal delegate ValueTask<object?> CompiledMethod(object? instance, object?[] arguments);
