namespace Iml4e.LocalRuntime.Worker;

/// <summary>The result of an invocation, as seen by middleware.</summary>
public abstract class InvocationResult<T>
{
    /// <summary>The result; middleware may replace it.</summary>
    public abstract T? Value { get; set; }
}
