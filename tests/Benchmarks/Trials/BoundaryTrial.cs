using System.Text.Json.Nodes;
using Iml4e.CommandLine.Api;
using Iml4e.CommandLine.Stack;

namespace Iml4e.Benchmarks.Trials;

/// <summary>An experiment whose host is stopped, in turn killed and asked to end, after each activity that it completes, against one that is left alone.</summary>
/// <param name="folder">For the data of app and storage.</param>
internal sealed class BoundaryTrial(string folder)
{
    private const int Seconds = 600;
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Plays both.</summary>
    /// <param name="points">Stops at most.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The undisturbed experiment, the other, and how often its host was stopped.</returns>
    public async Task<(TrialOutcome Calm, TrialOutcome Stopped, int Stops)> PlayAsync(int points, CancellationToken ct)
    {
        var settings = new Dictionary<string, string> { ["LocalRuntime__BlobPollInterval"] = "00:10:00" };
        await using var stack = await LocalStack.StartAsync(new LocalStackOptions(folder, 0) { Settings = settings }, ct);
        var scene = TrialScenes.Plain(20_000);
        var configuration = TrialPlan.Configuration(scene, TrialCase.Better, "sequential", Seconds, slowMs: 1e6);
        using var calm = new HttpTrial(stack.Url, scene, "calm");
        var reference = await calm.PlayAsync(TrialCase.Better, configuration, Seconds, Pace, ct);
        var stops = 0;
        using var stopped = new HttpTrial(stack.Url, scene, "stopped")
        {
            Disturbance = async (id, over) => stops = await DisturbAsync(stack, id, points, over),
        };
        return (reference, await stopped.PlayAsync(TrialCase.Better, configuration, Seconds, Pace, ct), stops);
    }

    private static async Task<int> DisturbAsync(LocalStack stack, string experiment, int points, CancellationToken over)
    {
        using var api = new ApiClient(stack.Url);
        var (stops, seen) = (0, 0);
        try
        {
            while (stops < points)
            {
                var completed = await ApiClient.UntilAcknowledgedAsync(t => CompletedAsync(api, experiment, t), Patience, over);
                if (completed > seen)
                {
                    seen = completed;
                    // Once begun it is finished: without the app nothing would come to an end.
                    if (stops++ % 2 == 0)
                        await stack.KillAppAsync();
                    else
                        await stack.StopAppAsync();
                    await stack.RestartAppAsync(CancellationToken.None);
                }

                await Task.Delay(Beat, over);
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
        }

        return stops;
    }

    private static async Task<int> CompletedAsync(ApiClient api, string experiment, CancellationToken ct)
    {
        var instance = await api.GetAsync($"runtime/webhooks/durabletask/instances/exp-{experiment}?showHistory=true", ct);
        return instance["historyEvents"] is JsonArray events ? events.Count(e => Json.Text(e!["EventType"]) == "TaskCompleted") : 0;
    }
}
