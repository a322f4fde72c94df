using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Iml4e.Tests.Integration.LocalRuntime;

/// <summary>The trace of a request goes through the whole host, from the starter to the activity; and what a function logs is logged once.</summary>
public sealed class TracingHostTests
{
    private const string Tracing = "AzureFunctionsJobHost:extensions:durableTask:tracing:";
    private const string State = "vendor=1";

    [Fact]
    public async Task Functions_of_every_kind_belong_to_the_trace_of_the_request()
    {
        var traceId = ActivityTraceId.CreateRandom();
        var spans = new ConcurrentBag<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Microsoft.DurableTask" or "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.TraceId == traceId ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = span =>
            {
                if (span.TraceId == traceId)
                    spans.Add(span);
            },
        };
        ActivitySource.AddActivityListener(listener);
        var seen = await RunAsync(traceId, "true", "Information");
        await FunctionApp.UntilAsync(
            () => spans.Any(span => span.Kind == ActivityKind.Server && span.OperationName == "orchestration:Traced"), "the orchestration's span");

        Activity Span(string name, ActivityKind kind) => Assert.Single(spans, span => span.OperationName == name && span.Kind == kind);
        var orchestration = Span("orchestration:Traced", ActivityKind.Server);
        Assert.Equal((orchestration.Id, State), seen.ByFunction[nameof(TracedFunctions.Traced)]);
        Assert.Equal((Span("activity:TracedActivity", ActivityKind.Server).Id, State), seen.ByFunction[nameof(TracedFunctions.TracedActivity)]);
        var call = Span("entity:tracedentity:touch", ActivityKind.Client);
        Assert.Equal((call.Id, State), seen.ByFunction[nameof(TracedFunctions.TracedEntity)]);
        var started = Span("create_orchestration:Traced", ActivityKind.Producer);
        Assert.Equal((started.ParentId, State), seen.ByFunction[nameof(TracedFunctions.StartTraced)]);
        Assert.Equal(started.SpanId, orchestration.ParentSpanId);
        Assert.Equal(orchestration.SpanId, call.ParentSpanId);
    }

    [Fact]
    public async Task The_trace_goes_on_though_nobody_listens()
    {
        var traceId = ActivityTraceId.CreateRandom();
        var seen = await RunAsync(traceId, "true", "Information");
        Assert.Equal(4, seen.ByFunction.Count);
        Assert.All(seen.ByFunction.Values, trace => Assert.Equal((traceId.ToHexString(), State), (trace.Parent.Split('-')[1], trace.State)));
        Assert.Equal(4, seen.ByFunction.Values.Select(trace => trace.Parent).Distinct().Count());
    }

    [Fact]
    public async Task A_hub_that_is_not_traced_hands_nothing_on()
    {
        var traceId = ActivityTraceId.CreateRandom();
        var seen = await RunAsync(traceId, "false", "Information");
        Assert.Equal("", seen.ByFunction[nameof(TracedFunctions.Traced)].Parent);
        Assert.Equal("", seen.ByFunction[nameof(TracedFunctions.TracedActivity)].Parent);
        Assert.Contains(traceId.ToHexString(), seen.ByFunction[nameof(TracedFunctions.StartTraced)].Parent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_HTTP_function_has_the_request_s_trace_though_the_server_makes_no_span()
    {
        var traceId = ActivityTraceId.CreateRandom();
        var seen = await RunAsync(traceId, "false", "None");
        Assert.Contains(traceId.ToHexString(), seen.ByFunction[nameof(TracedFunctions.StartTraced)].Parent, StringComparison.Ordinal);
    }

    private static async Task<SeenTraces> RunAsync(ActivityTraceId traceId, string enabled, string level)
    {
        var seen = new SeenTraces();
        var settings = new Dictionary<string, string>
        {
            [Tracing + "distributedTracingEnabled"] = enabled, [Tracing + "version"] = "V2", ["Logging:LogLevel:Default"] = level,
        };
        await using var app = await FunctionApp.StartAsync([typeof(TracedFunctions)], settings, configure: builder =>
        {
            builder.Services.AddSingleton(seen);
            builder.Logging.ClearProviders();
            builder.Services.AddSingleton<ILoggerProvider>(new CollectedLogs());
        });
        using var request = new HttpRequestMessage(HttpMethod.Post, "api/StartTraced");

        // Set by hand, so that no activity of the test's own client comes between.
        request.Headers.Add("traceparent", $"00-{traceId}-{ActivitySpanId.CreateRandom()}-01");
        request.Headers.Add("tracestate", State);
        (await app.Client.SendAsync(request)).EnsureSuccessStatusCode();
        return seen;
    }
}
