using System.Diagnostics.Metrics;
using Iml4e.Functions.Telemetry;
using Microsoft.Extensions.DependencyInjection;

namespace Iml4e.Tests.Unit.Functions;

public sealed class PrometheusTextTests
{
    [Fact]
    public void Counters_and_histograms_are_written_in_the_exposition_format()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var prometheus = new PrometheusText();
        using var metrics = new AppMetrics(services.GetRequiredService<IMeterFactory>());
        metrics.Prediction("m\"\\\n", "1", "champion", 3);
        metrics.Prediction("m\"\\\n", "1", "champion", 30);

        var text = prometheus.Write();

        Assert.Contains("# TYPE iml4e_predictions_total counter\n", text, StringComparison.Ordinal);
        Assert.Contains("iml4e_predictions_total{model=\"m\\\"\\\\\\n\",version=\"1\",variant=\"champion\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE iml4e_prediction_duration_seconds histogram\n", text, StringComparison.Ordinal);
        Assert.Contains("iml4e_prediction_duration_seconds_bucket{model=\"m\\\"\\\\\\n\",le=\"0.005\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("iml4e_prediction_duration_seconds_bucket{model=\"m\\\"\\\\\\n\",le=\"+Inf\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("iml4e_prediction_duration_seconds_count{model=\"m\\\"\\\\\\n\"} 2\n", text, StringComparison.Ordinal);
    }
}
