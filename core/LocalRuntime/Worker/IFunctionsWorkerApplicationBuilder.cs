using Iml4e.LocalRuntime.Worker.Middleware;
using Microsoft.Extensions.DependencyInjection;

namespace Iml4e.LocalRuntime.Worker;

/// <summary>Composes the middleware and services of the worker.</summary>
public interface IFunctionsWorkerApplicationBuilder
{
    /// <summary>The services.</summary>
    IServiceCollection Services { get; }

    /// <summary>Adds middleware; the first added is the outermost.</summary>
    IFunctionsWorkerApplicationBuilder Use(Func<FunctionExecutionDelegate, FunctionExecutionDelegate> middleware);
}
