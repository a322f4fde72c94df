using Iml4e.LocalRuntime.Worker;

namespace Iml4e.LocalRuntime.Hosting.Invocation;

/// <summary>A view of the invocation's result.</summary>
internal sealed class ContextInvocationResult(IInvocationResultFeature feature) : InvocationResult
{
    public override object? Value
    {
        get => feature.Result;
        set => feature.Result = value;
    }
}
