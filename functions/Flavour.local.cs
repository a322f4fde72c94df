using Iml4e.Functions.Channels;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Iml4e.Functions;

/// <summary>What only the local flavour has: traces to an OpenTelemetry collector, and a signing key of its own making.</summary>
internal static class LocalTelemetry
{
    /// <summary>
    /// Sends traces of requests, of outgoing HTTP calls and of durable tasks by OTLP, when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says where to; the other
    /// variables of OpenTelemetry hold too.
    /// </summary>
    public static void AddLocalTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        if (configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 })
            services.AddHostedService<TraceExport>();
    }

    /// <summary>Lets the app make the key that it signs manifests with, where the settings give none.</summary>
    public static void AddLocalKeys(this IServiceCollection services) => services.AddSingleton(new KeyGeneration(IsAllowed: true));

    /// <summary>Exports as long as the host runs; what is left goes out at its stop.</summary>
    internal sealed class TraceExport(IConfiguration configuration, IHostEnvironment environment) : IHostedService, IDisposable
    {
        private static readonly string[] Sources = ["Microsoft.AspNetCore", "System.Net.Http", "Microsoft.DurableTask"];

        private TracerProvider? _provider;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            var builder = Sdk.CreateTracerProviderBuilder().ConfigureServices(services => services.AddSingleton(configuration)).AddSource(Sources);
            if (configuration["OTEL_SERVICE_NAME"] is not { Length: > 0 })
                builder.ConfigureResource(resource => resource.AddService(environment.ApplicationName));
            _provider = builder.AddOtlpExporter().Build();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            _provider?.Shutdown(timeoutMilliseconds: 5000);
            return Task.CompletedTask;
        }

        public void Dispose() => _provider?.Dispose();
    }
}
