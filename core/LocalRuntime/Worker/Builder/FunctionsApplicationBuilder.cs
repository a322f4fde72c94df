using System.Reflection;
using Iml4e.LocalRuntime.Hosting;
using Iml4e.LocalRuntime.Worker.Middleware;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Worker.Builder;

/// <summary>Builds the process that runs the functions.</summary>
public class FunctionsApplicationBuilder : IHostApplicationBuilder, IFunctionsWorkerApplicationBuilder, IFunctionSource
{
    private readonly WebApplicationBuilder inner;
    private readonly FunctionsHost host;

    internal FunctionsApplicationBuilder(string[] args, Assembly functions)
    {
        host = new FunctionsHost(functions);
        inner = host.CreateWebBuilder(args);
    }

    /// <inheritdoc/>
    public IDictionary<object, object> Properties => ((IHostApplicationBuilder)inner).Properties;

    /// <summary>The configuration.</summary>
    public ConfigurationManager Configuration => inner.Configuration;

    /// <inheritdoc/>
    public IHostEnvironment Environment => inner.Environment;

    /// <inheritdoc/>
    public ILoggingBuilder Logging => inner.Logging;

    /// <inheritdoc/>
    public IMetricsBuilder Metrics => inner.Metrics;

    /// <inheritdoc cref="IHostApplicationBuilder.Services"/>
    public IServiceCollection Services => inner.Services;

    IConfigurationManager IHostApplicationBuilder.Configuration => inner.Configuration;

    /// <inheritdoc/>
    public void ConfigureContainer<TContainerBuilder>(
        IServiceProviderFactory<TContainerBuilder> factory, Action<TContainerBuilder>? configure = null)
        where TContainerBuilder : notnull
        => ((IHostApplicationBuilder)inner).ConfigureContainer(factory, configure);

    /// <inheritdoc/>
    public IFunctionsWorkerApplicationBuilder Use(Func<FunctionExecutionDelegate, FunctionExecutionDelegate> middleware)
    {
        ArgumentNullException.ThrowIfNull(middleware);
        host.Pipeline.Use(middleware);
        return this;
    }

    /// <summary>Builds the host; throws <see cref="FunctionDiscoveryException"/> when functions are declared wrongly.</summary>
    public IHost Build() => host.Build(inner);

    void IFunctionSource.UseFunctionsFrom(IEnumerable<Type> types) => host.UseFunctionsFrom(types);

    internal void UseAspNetCore() => host.UseAspNetCore();
}
