using Iml4e.LocalRuntime.Worker;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Iml4e.LocalRuntime.Hosting;

/// <summary>What a process that embeds the runtime, such as a test, may ask for beyond the real packages' surface.</summary>
public static class LocalRuntimeBuilderExtensions
{
    /// <summary>Runs the functions of the given classes alone, instead of those of the assembly that made the builder.</summary>
    public static T UseFunctionsFrom<T>(this T builder, params Type[] types)
        where T : IFunctionsWorkerApplicationBuilder
    {
        (builder as IFunctionSource ?? throw new ArgumentException("This builder is not of the local runtime.", nameof(builder))).UseFunctionsFrom(types);
        return builder;
    }

    /// <summary>The first address that a started host listens on, such as <c>http://127.0.0.1:40123</c>.</summary>
    public static Uri GetAddress(this IHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        var addresses = host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses;
        return addresses?.FirstOrDefault() is { } address
            ? new Uri(address)
            : throw new InvalidOperationException("The host is not listening yet: start it first.");
    }

    /// <summary>The master key, for callers of <c>/admin</c> in the same process.</summary>
    public static string GetMasterKey(this IHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return host.Services.GetRequiredService<Security.FunctionKeys>().MasterKey;
    }
}
