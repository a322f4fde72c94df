namespace Iml4e.LocalRuntime.Worker.Middleware;

/// <summary>Runs the rest of the middleware chain and the function.</summary>
public delegate Task FunctionExecutionDelegate(FunctionContext context);
