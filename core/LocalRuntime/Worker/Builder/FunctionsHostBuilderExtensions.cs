using System.Reflection;
using System.Runtime.CompilerServices;
using Iml4e.LocalRuntime.Hosting;
using Iml4e.LocalRuntime.Worker;

// The real extension methods live in this namespace, so that Program.cs needs the same using in both flavours.
namespace Microsoft.Extensions.Hosting;

/// <summary>Adds the worker with its ASP.NET integration to a generic host.</summary>
public static class FunctionsHostBuilderExtensions
{
    /// <summary>Adds the worker for the functions of the calling assembly.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static IHostBuilder ConfigureFunctionsWebApplication(this IHostBuilder builder)
        => GenericFunctionsHost.Add(builder, Assembly.GetCallingAssembly(), aspNetCore: true, null, null);

    /// <summary>Adds the worker for the functions of the calling assembly.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static IHostBuilder ConfigureFunctionsWebApplication(this IHostBuilder builder, Action<IFunctionsWorkerApplicationBuilder> configureWorker)
    {
        ArgumentNullException.ThrowIfNull(configureWorker);
        return GenericFunctionsHost.Add(builder, Assembly.GetCallingAssembly(), aspNetCore: true, (_, worker) => configureWorker(worker), null);
    }

    /// <summary>Adds the worker for the functions of the calling assembly.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static IHostBuilder ConfigureFunctionsWebApplication(
        this IHostBuilder builder, Action<HostBuilderContext, IFunctionsWorkerApplicationBuilder> configureWorker)
        => GenericFunctionsHost.Add(builder, Assembly.GetCallingAssembly(), aspNetCore: true, configureWorker, null);
}
