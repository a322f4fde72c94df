using Iml4e.Functions.OpenApi;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.Telemetry;

/// <summary>Prometheus scrape endpoint.</summary>
internal sealed class MetricsFunctions(PrometheusText prometheus)
{
    [Function("Metrics")]
    [Operation("Metrics in the Prometheus text format.")]
    public IResult Scrape([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "metrics")] HttpRequest request) =>
        Results.Text(prometheus.Write(), "text/plain; version=0.0.4");
}
