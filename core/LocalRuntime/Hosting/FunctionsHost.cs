using System.Reflection;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Worker;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Iml4e.LocalRuntime.Hosting;

/// <summary>Puts the parts of the runtime together.</summary>
internal sealed class FunctionsHost(Assembly functions)
{
    private IReadOnlyList<Type>? types;

    public FunctionPipeline Pipeline { get; } = new();

    /// <summary>True once the ASP.NET integration was asked for.</summary>
    public bool ServesAspNetCore { get; private set; }

    public void UseFunctionsFrom(IEnumerable<Type> chosen) => types = [.. chosen];

    public void UseAspNetCore() => ServesAspNetCore = true;

    public WebApplicationBuilder CreateWebBuilder(string[] args) => WebApplication.CreateBuilder(new WebApplicationOptions
    {
        Args = args,
        ContentRootPath = AppContext.BaseDirectory,
        ApplicationName = functions.GetName().Name,
    });

    public IHost Build(WebApplicationBuilder builder)
    {
        var registry = FunctionRegistry.Discover(types ?? functions.GetTypes());
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<WorkerOptions>();
        services.AddSingleton(registry);
        services.AddSingleton(Pipeline);
        services.AddSingleton<FunctionInvoker>();
        services.AddSingleton<IParameterBinder, ContextParameterBinder>();
        var app = builder.Build();
        registry.Bind(app.Services.GetServices<IParameterBinder>());
        return app;
    }
}
