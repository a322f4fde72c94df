using System.Text.Json;
using Iml4e.LocalRuntime.DurableTaskCore.History;

namespace Iml4e.Tests.Integration.Durable.Viewer;

/// <summary>A host with instances of every kind, and what Chromium found on the pages of its viewer.</summary>
public sealed class ViewerBrowser : IAsyncLifetime
{
    private const string Hostile = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>";

    private readonly DurableHost host = new();
    private IReadOnlyDictionary<string, string> found = new Dictionary<string, string>();

    /// <summary>What came of a check: "ok", or what was wrong.</summary>
    public string this[string check] =>
        found.TryGetValue(check, out var result) ? result : $"the check was not made; made were: {string.Join("; ", found.Keys)}";

    public async Task InitializeAsync()
    {
        await host.InitializeAsync();
        var instances = JsonSerializer.Serialize(await FillAsync());
        found = await BrowserScript.RunAsync("Durable/Viewer/viewer.mjs", host.Http.BaseAddress!.AbsoluteUri, host.Key, instances);
    }

    public Task DisposeAsync() => host.DisposeAsync();

    private async Task<Dictionary<string, string>> FillAsync()
    {
        var client = host.Client;
        var ids = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["failed"] = await host.InStateAsync("failed"),
            ["running"] = await host.InStateAsync("running"),
            ["suspended"] = await host.InStateAsync("suspended"),
            ["pending"] = await host.InStateAsync("pending"),
            ["tour"] = await client.ScheduleNewOrchestrationInstanceAsync(nameof(DurableFunctions.Tour), "Ada"),
            ["retry"] = await client.ScheduleNewOrchestrationInstanceAsync(nameof(DurableFunctions.Retry)),
            ["wide"] = await client.ScheduleNewOrchestrationInstanceAsync(nameof(DurableFunctions.Wide), 5000),
            ["large"] = await client.ScheduleNewOrchestrationInstanceAsync(nameof(DurableFunctions.Greet), new string('x', 60_000)),
            ["hostile"] = await client.ScheduleNewOrchestrationInstanceAsync(nameof(DurableFunctions.WaitFor), Hostile),
        };
        await client.RaiseEventAsync(ids["running"], "unasked", 1);
        await client.RaiseEventAsync(ids["hostile"], Hostile, Hostile);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        foreach (var name in new[] { "tour", "wide", "large" })
            await client.WaitForInstanceCompletionAsync(ids[name], limit.Token);
        while ((await client.GetOrchestrationHistoryAsync(ids["retry"], limit.Token)).All(item => item.EventType != EventType.TimerCreated))
            await Task.Delay(10, limit.Token);
        return ids;
    }
}
