using System.Reflection;
using System.Runtime.CompilerServices;
using Iml4e.LocalRuntime.Hosting;
using Iml4e.LocalRuntime.Worker;
using Microsoft.Extensions.DependencyInjection;

// The real extension methods live in this namespace, so that Program.cs needs the same using in both flavours.
namespace Microsoft.Extensions.Hosting;

/// <summary>Adds the worker to a generic host, without ASP.NET types for functions.</summary>
public static class WorkerHostBuilderExtensions
{
    /// <summary>Adds the worker for the functions of the calling assembly.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static IHostBuilder ConfigureFunctionsWorkerDefaults(this IHostBuilder builder)
        => GenericFunctionsHost.Add(builder, Assembly.GetCallingAssembly(), aspNetCore: false, null, null);

    /// <summary>Adds the worker for the functions of the calling assembly.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static IHostBuilder ConfigureFunctionsWorkerDefaults(this IHostBuilder builder, Action<WorkerOptions> configureOptions)
        => GenericFunctionsHost.Add(builder, Assembly.GetCallingAssembly(), aspNetCore: false, null, configureOptions);

    /// <summary>Adds the worker for the functions of the calling assembly.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static IHostBuilder ConfigureFunctionsWorkerDefaults(this IHostBuilder builder, Action<IFunctionsWorkerApplicationBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return GenericFunctionsHost.Add(builder, Assembly.GetCallingAssembly(), aspNetCore: false, (_, worker) => configure(worker), null);
    }

    /// <summary>Adds the worker for the functions of the calling assembly.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static IHostBuilder ConfigureFunctionsWorkerDefaults(
        this IHostBuilder builder, Action<IFunctionsWorkerApplicationBuilder> configure, Action<WorkerOptions> configureOptions)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return GenericFunctionsHost.Add(builder, Assembly.GetCallingAssembly(), aspNetCore: false, (_, worker) => configure(worker), configureOptions);
    }

    /// <summary>Adds the worker for the functions of the calling assembly.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static IHostBuilder ConfigureFunctionsWorkerDefaults(
        this IHostBuilder builder, Action<HostBuilderContext, IFunctionsWorkerApplicationBuilder> configure)
        => GenericFunctionsHost.Add(builder, Assembly.GetCallingAssembly(), aspNetCore: false, configure, null);

    /// <summary>Adds the worker for the functions of the calling assembly.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static IHostBuilder ConfigureFunctionsWorkerDefaults(
        this IHostBuilder builder, Action<HostBuilderContext, IFunctionsWorkerApplicationBuilder> configure, Action<WorkerOptions> configureOptions)
        => GenericFunctionsHost.Add(builder, Assembly.GetCallingAssembly(), aspNetCore: false, configure, configureOptions);
}
