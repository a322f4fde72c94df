using Iml4e.Functions.Jobs;

namespace Iml4e.Functions.Retraining;

/// <summary>
/// A challenger that waits because another experiment of its model runs: until that has ended, or until a newer challenger is on its way, which takes its place
/// (specification of the adaptive pipeline, section 4). One instance a pipeline.
/// </summary>
internal static class NextChallengerOrchestrator
{
    /// <summary>Event that tells that a newer challenger is wanted.</summary>
    public const string SupersedeEvent = "supersede";

    private const int TurnsPerGeneration = 50;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly TaskOptions Retry = TaskOptions.FromRetryPolicy(new RetryPolicy(10, TimeSpan.FromSeconds(1), 2, TimeSpan.FromMinutes(1)));

    /// <summary>Instance id of a pipeline's waiting challenger, of which there is one at most.</summary>
    public static string InstanceId(string pipeline) => "next-" + pipeline;

    [Function(nameof(NextChallengerOrchestrator))]
    public static async Task<Registered> Run([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var next = context.GetInput<NextChallenger>() ?? throw new ArgumentException("A challenger waits with its registration as input.");
        using var end = new CancellationTokenSource();
        var superseded = context.WaitForExternalEvent<bool>(SupersedeEvent, end.Token);
        for (var turn = 1; ; turn++)
        {
            using var cancel = new CancellationTokenSource();
            var timer = context.CreateTimer(Interval, cancel.Token);
            if (await Task.WhenAny(timer, superseded) != timer)
            {
                cancel.Cancel();
                await context.CallActivityAsync(nameof(RetrainActivities.ArchiveChallenger), next, Retry);
                return next.Registered with { Experiment = null };
            }

            var registered = await context.CallActivityAsync<Registered>(nameof(RetrainActivities.TakeTurn), next, Retry);
            if (registered.WaitsFor is null)
            {
                end.Cancel();
                return registered;
            }

            if (turn >= TurnsPerGeneration && !superseded.IsCompleted)
            {
                end.Cancel();
                context.ContinueAsNew(next);
                return registered;
            }
        }
    }
}
