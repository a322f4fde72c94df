using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Iml4e.Functions.Telemetry;
using Iml4e.LocalRuntime.Durable;
using Iml4e.Tests.Unit.Durable;
using Microsoft.Extensions.DependencyInjection;

namespace Iml4e.Tests.Unit.Infra;

/// <summary>The metrics that the app really exposes, and those that a query asks for.</summary>
internal static partial class MetricNames
{
    private static readonly string[] Keywords = ["by", "without", "on", "ignoring", "group_left", "group_right", "offset", "bool", "and", "or", "unless", "inf"];

    /// <summary>Names of the series of <c>GET /metrics</c>.</summary>
    public static IReadOnlySet<string> Exposed { get; } = ReadExposed();

    /// <summary>Names of the app's own instruments, as OpenTelemetry exports them.</summary>
    public static IReadOnlySet<string> Instruments { get; } = ReadInstruments();

    /// <summary>Names of the series that <c>GET /metrics</c> has besides where the app runs on a hub of its own.</summary>
    public static async Task<IReadOnlySet<string>> OfHubAsync()
    {
        await using var hub = await TestHub.OpenAsync(new InMemoryFunctions());
        using var text = new PrometheusText();
        using var gauges = new InstanceGauges(hub.Engine);
        return Series(text).Where(n => n.StartsWith("durabletask_", StringComparison.Ordinal)).ToHashSet();
    }

    /// <summary>Metric names in a PromQL expression; Grafana's variables are taken for durations.</summary>
    public static IReadOnlyList<string> InQuery(string expression)
    {
        if (LabelValues().Match(expression) is { Success: true } values)
            return [values.Groups[1].Value];
        var bare = Noise().Replace(expression, " ");
        return [.. Identifier().Matches(bare)
            .Where(m => !Keywords.Contains(m.Value) && !Regex.IsMatch(bare[(m.Index + m.Length)..], @"^\s*\("))
            .Select(m => m.Value).Distinct()];
    }

    private static HashSet<string> ReadExposed()
    {
        using var provider = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var text = new PrometheusText();
        // What is said of the last collection is there after one.
        GC.Collect();
        using var metrics = new AppMetrics(provider.GetRequiredService<IMeterFactory>());
        metrics.Prediction("m", "1", "champion", 1);
        metrics.Run("m", TimeSpan.Zero, 1, cached: false);
        metrics.Run("m", TimeSpan.Zero, 0, cached: true);
        metrics.Answered("m", TimeSpan.Zero);
        metrics.RequestFailed(400);
        metrics.ShadowDropped("m");
        metrics.UnitMissing("m");
        metrics.Feedback("m", "accepted");
        metrics.Job("train", "failed");
        metrics.Trigger("p", "schedule", "started");
        metrics.Damaged("artefact");
        return [.. Series(text)];
    }

    private static IEnumerable<string> Series(PrometheusText text) =>
        text.Write().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l[0] != '#').Select(l => l[..l.IndexOfAny([' ', '{'])]);

    private static HashSet<string> ReadInstruments()
    {
        var names = new HashSet<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name == AppMetrics.MeterName)
                lock (names)
                    names.Add(instrument.Name);
        };
        listener.Start();
        using var provider = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var metrics = new AppMetrics(provider.GetRequiredService<IMeterFactory>());
        lock (names)
            return [.. names];
    }

    [GeneratedRegex(@"^label_values\((\w+),\s*\w+\)$", RegexOptions.CultureInvariant)]
    private static partial Regex LabelValues();

    [GeneratedRegex("\"[^\"]*\"|\\{[^}]*\\}|\\[[^\\]]*\\]|\\b(?:by|without|on|ignoring)\\s*\\([^)]*\\)|\\b\\d[\\w.]*", RegexOptions.CultureInvariant)]
    private static partial Regex Noise();

    [GeneratedRegex(@"[A-Za-z_:][A-Za-z0-9_:]*", RegexOptions.CultureInvariant)]
    private static partial Regex Identifier();
}
