namespace Iml4e.LocalRuntime.Worker.Middleware;

/// <summary>Runs around every invocation of every trigger kind.</summary>
public interface IFunctionsWorkerMiddleware
{
    /// <summary>Does its part and calls <paramref name="next"/>.</summary>
    Task Invoke(FunctionContext context, FunctionExecutionDelegate next);
}
