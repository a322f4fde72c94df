namespace Iml4e.LocalRuntime.Worker;

/// <summary>The result of an invocation, as seen by middleware.</summary>
public abstract class InvocationResult : InvocationResult<object>
{
}
