using Iml4e.LocalRuntime.Durable.Viewer;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.Hosting;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Worker;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iml4e.LocalRuntime.Durable.Hosting;

/// <summary>Adds durable orchestrations to a function app.</summary>
internal static class DurableTaskHosting
{
    /// <summary>Adds the engine, its client and the binding of durable parameters.</summary>
    /// <exception cref="InvalidOperationException">host.json is wrong; the message has all errors.</exception>
    public static IServiceCollection AddDurableTask(this IServiceCollection services, FunctionRegistry registry, IConfiguration configuration)
    {
        var options = configuration.GetSection(LocalRuntimeOptions.Section).Get<LocalRuntimeOptions>() ?? new LocalRuntimeOptions();
        var json = new HostJson(configuration);
        var settings = DurableTaskHostJson.Read(json, options);
        json.ThrowIfWrong();
        return services.AddDurableTask(registry, settings);
    }

    /// <summary>Adds the engine, its client and the binding of durable parameters.</summary>
    public static IServiceCollection AddDurableTask(this IServiceCollection services, FunctionRegistry registry, DurableTaskSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton<HttpActivity>();
        services.AddSingleton<IDurableFunctionInvoker>(provider => new DurableFunctionInvoker(
            registry,
            provider.GetRequiredService<FunctionInvoker>(),
            provider.GetRequiredService<HttpActivity>(),
            new WorkerDataConverter(provider.GetRequiredService<IOptions<WorkerOptions>>())));
        services.AddSingleton(provider => new OrchestrationEngine(
            provider.GetRequiredService<DurableTaskSettings>(),
            provider.GetRequiredService<IDurableFunctionInvoker>(),
            provider.GetRequiredService<ILoggerFactory>(),
            provider.GetRequiredService<TimeProvider>(),
            new WorkerDataConverter(provider.GetRequiredService<IOptions<WorkerOptions>>())));
        services.AddSingleton<LocalDurableTaskClient>();
        services.AddSingleton<DurableTaskClient>(provider => provider.GetRequiredService<LocalDurableTaskClient>());
        services.AddSingleton<IParameterBinder>(provider =>
            new DurableParameterBinder(provider, new WorkerDataConverter(provider.GetRequiredService<IOptions<WorkerOptions>>())));
        services.AddHostedService<DurableTaskService>();
        return services;
    }

    /// <summary>Maps the management API of the instances, and the viewer of their histories.</summary>
    public static void MapManagementApi(this IEndpointRouteBuilder endpoints) => ViewerEndpoints.Map(endpoints, DurableManagementApi.Map(endpoints));
}
