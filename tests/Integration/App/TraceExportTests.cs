using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Iml4e.Functions;
using Iml4e.LocalRuntime.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Iml4e.Tests.Integration.App;

/// <summary>The local flavour sends its traces to a collector when it is told of one.</summary>
public sealed class TraceExportTests
{
    [Fact]
    public async Task Spans_of_durable_tasks_reach_the_collector()
    {
        var received = new ConcurrentBag<string>();
        var web = WebApplication.CreateBuilder();
        web.Logging.ClearProviders();
        web.WebHost.UseUrls("http://127.0.0.1:0");
        await using var collector = web.Build();
        collector.MapPost("/v1/traces", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            received.Add(Encoding.Latin1.GetString(body.ToArray()));
        });
        await collector.StartAsync();

        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "exporting-app" });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.GetAddress().ToString(), ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        });
        builder.Services.AddLocalTelemetry(builder.Configuration);
        using var host = builder.Build();
        await host.StartAsync();
        using (var source = new ActivitySource("Microsoft.DurableTask"))
        {
            Activity.Current = null;
            using var span = source.StartActivity("orchestration:Exported");
            Assert.NotNull(span);
        }

        await host.StopAsync();
        var text = string.Join("", received);
        Assert.Contains("orchestration:Exported", text, StringComparison.Ordinal);
        Assert.Contains("exporting-app", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_exported_without_a_collector()
    {
        var services = new ServiceCollection();
        services.AddLocalTelemetry(new ConfigurationBuilder().Build());
        Assert.Empty(services);
    }
}
