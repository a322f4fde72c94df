namespace Iml4e.LocalRuntime.Hosting.Invocation;

/// <summary>A function was cancelled because it ran longer than functionTimeout of host.json allows.</summary>
internal sealed class FunctionTimeoutException(string function, TimeSpan limit, Exception innerException)
    : TimeoutException($"Function '{function}' ran longer than the {limit:c} that functionTimeout allows.", innerException);
