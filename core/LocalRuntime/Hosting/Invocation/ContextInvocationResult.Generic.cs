using Iml4e.LocalRuntime.Worker;

namespace Iml4e.LocalRuntime.Hosting.Invocation;

/// <summary>A typed view of the invocation's result.</summary>
internal sealed class ContextInvocationResult<T>(IInvocationResultFeature feature) : InvocationResult<T>
{
    public override T? Value
    {
        get => (T?)feature.Result;
        set => feature.Result = value;
    }
}
