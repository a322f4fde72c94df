using Iml4e.LocalRuntime.Hosting.Invocation;

namespace Iml4e.LocalRuntime.Worker;

/// <summary>The result of an invocation, for middleware.</summary>
public static class FunctionContextBindingFeatureExtensions
{
    /// <summary>The result as an object.</summary>
    public static InvocationResult GetInvocationResult(this FunctionContext context) => new ContextInvocationResult(ResultFeature(context));

    /// <summary>The result as a <typeparamref name="T"/>; <see cref="InvalidOperationException"/> when it is of another type.</summary>
    public static InvocationResult<T> GetInvocationResult<T>(this FunctionContext context)
    {
        var feature = ResultFeature(context);
        if (feature.Result is not null and not T)
            throw new InvalidOperationException($"Requested type '{typeof(T)}' does not match invocation result type '{feature.Result.GetType()}'");
        return new ContextInvocationResult<T>(feature);
    }

    private static IInvocationResultFeature ResultFeature(FunctionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context as IInvocationResultFeature ?? context.Features.Get<IInvocationResultFeature>()
            ?? throw new InvalidOperationException("This context does not carry an invocation result.");
    }
}
