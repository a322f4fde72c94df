using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using Iml4e.Functions.Telemetry;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Iml4e.Functions;

/// <summary>What only the azure flavour has: telemetry to Application Insights.</summary>
internal static class AzureTelemetry
{
    /// <summary>
    /// Sends logs, traces and the app's metrics to Application Insights, as the identity <c>AZURE_CLIENT_ID</c>, when
    /// <c>APPLICATIONINSIGHTS_CONNECTION_STRING</c> says where to.
    /// </summary>
    public static void AddAzureTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        var telemetry = services.AddOpenTelemetry().UseFunctionsWorkerDefaults().WithMetrics(metrics => metrics.AddMeter(AppMetrics.MeterName));
        if (configuration["APPLICATIONINSIGHTS_CONNECTION_STRING"] is not { Length: > 0 } connection)
            return;
        telemetry.UseAzureMonitorExporter(options =>
        {
            options.ConnectionString = connection;
            options.Credential = new DefaultAzureCredential(new DefaultAzureCredentialOptions { ManagedIdentityClientId = configuration["AZURE_CLIENT_ID"] });
        });
    }
}
