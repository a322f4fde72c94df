using System.Reflection;
using Iml4e.LocalRuntime.Worker;
using Iml4e.LocalRuntime.Worker.Middleware;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Iml4e.LocalRuntime.Hosting;

/// <summary>The old way to start: the worker on a generic host builder.</summary>
internal static class GenericFunctionsHost
{
    public static IHostBuilder Add(
        IHostBuilder builder,
        Assembly functions,
        bool aspNetCore,
        Action<HostBuilderContext, IFunctionsWorkerApplicationBuilder>? configure,
        Action<WorkerOptions>? configureOptions)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var host = new FunctionsHost(functions);
        if (aspNetCore)
            host.UseAspNetCore();
        builder.ConfigureServices((context, services) =>
        {
            if (configureOptions is not null)
                services.Configure(configureOptions);
            configure?.Invoke(context, new WorkerBuilder(host, services));
        });
        host.AddTo(builder);
        return builder;
    }

    private sealed class WorkerBuilder(FunctionsHost host, IServiceCollection services) : IFunctionsWorkerApplicationBuilder, IFunctionSource
    {
        public IServiceCollection Services => services;

        public IFunctionsWorkerApplicationBuilder Use(Func<FunctionExecutionDelegate, FunctionExecutionDelegate> middleware)
        {
            host.Pipeline.Use(middleware);
            return this;
        }

        public void UseFunctionsFrom(IEnumerable<Type> types) => host.UseFunctionsFrom(types);
    }
}
