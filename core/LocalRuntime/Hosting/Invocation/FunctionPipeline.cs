using Iml4e.LocalRuntime.Worker.Middleware;

namespace Iml4e.LocalRuntime.Hosting.Invocation;

/// <summary>The middleware of the app in the order of registration.</summary>
internal sealed class FunctionPipeline
{
    private readonly List<Func<FunctionExecutionDelegate, FunctionExecutionDelegate>> middleware = [];

    public bool IsEmpty => middleware.Count == 0;

    public void Use(Func<FunctionExecutionDelegate, FunctionExecutionDelegate> layer) => middleware.Add(layer);

    /// <summary>Nests the layers, the first the outermost, around the function.</summary>
    public FunctionExecutionDelegate Build(FunctionExecutionDelegate innermost)
    {
        var next = innermost;
        for (var i = middleware.Count - 1; i >= 0; i--)
            next = middleware[i](next);
        return next;
    }
}
