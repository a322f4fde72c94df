using Microsoft.AspNetCore.Http;

namespace Iml4e.LocalRuntime.Hosting.Invocation;

/// <summary>One call of a function, as its trigger makes it.</summary>
internal readonly record struct FunctionCall(FunctionDescriptor Function)
{
    /// <summary>What the trigger offers to the trigger's parameter; its binder knows the type.</summary>
    public object? TriggerValue { get; init; }

    /// <summary>Values by name, case-insensitive; may be null.</summary>
    public IReadOnlyDictionary<string, object?>? BindingData { get; init; }

    /// <summary>The request, for HTTP triggers; its services are the invocation's scope.</summary>
    public HttpContext? HttpContext { get; init; }

    /// <summary>0 for the first try.</summary>
    public int RetryCount { get; init; }

    /// <summary>The largest number of retries; -1 for no end.</summary>
    public int MaxRetryCount { get; init; }
}
