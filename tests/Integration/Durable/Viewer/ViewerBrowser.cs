using System.Diagnostics;
using System.Text.Json;
using Iml4e.LocalRuntime.DurableTaskCore.History;

namespace Iml4e.Tests.Integration.Durable.Viewer;

/// <summary>A host with instances of every kind, and what Chromium found on the pages of its viewer.</summary>
public sealed class ViewerBrowser : IAsyncLifetime
{
    private const string Hostile = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly DurableHost host = new();
    private readonly Dictionary<string, string> found = new(StringComparer.Ordinal);

    /// <summary>What came of a check: "ok", or what was wrong.</summary>
    public string this[string check] =>
        found.TryGetValue(check, out var result) ? result : $"the check was not made; made were: {string.Join("; ", found.Keys)}";

    public async Task InitializeAsync()
    {
        await host.InitializeAsync();
        var instances = JsonSerializer.Serialize(await FillAsync());
        var root = Azurite.RepositoryRoot();
        var browser = Environment.GetEnvironmentVariable("IML4E_CHROMIUM") ?? "/usr/bin/chromium";
        if (!File.Exists(browser))
            throw new InvalidOperationException($"{browser} is not there: './iml4e test' brings it, or IML4E_CHROMIUM names another.");
        if (!Directory.Exists(Path.Combine(root, "node_modules", "playwright-core")))
            throw new InvalidOperationException("node_modules/playwright-core is not there: run 'npm install' first.");
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[]
        {
            Path.Combine(root, "tests", "Integration", "Durable", "Viewer", "viewer.mjs"), Path.Combine(root, "node_modules"), browser,
            host.Http.BaseAddress!.AbsoluteUri, host.Key, instances,
        })
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start) ?? throw new InvalidOperationException("node could not be started.");
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                if (line.Split('\t', 2) is [var name, var result])
                    found[name] = result;
            }

            await process.WaitForExitAsync(limit.Token);
            if (process.ExitCode != 0)
                throw new InvalidOperationException("The browser's script ended: " + await errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
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
