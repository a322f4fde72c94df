using Iml4e.Assessment.Experiment;

namespace Iml4e.Functions.Experiments;

/// <summary>
/// A live experiment: look, decide, apply, wait, until a final state. The decision itself is a pure function of recorded looks and so part of the
/// orchestrator; reading the logs and changing the routing are activities.
/// </summary>
internal static class ExperimentOrchestrator
{
    /// <summary>Event that stops the experiment.</summary>
    public const string StopEvent = "stop";

    /// <summary>Event that approves what is waited for.</summary>
    public const string ApproveEvent = "approve";

    private const int TurnsPerGeneration = 50;

    private static readonly TaskOptions Retry = TaskOptions.FromRetryPolicy(new RetryPolicy(10, TimeSpan.FromSeconds(1), 2, TimeSpan.FromMinutes(1)));

    [Function(nameof(ExperimentOrchestrator))]
    public static async Task<ExperimentResult> Run([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var experiment = context.GetInput<ExperimentStart>() ?? throw new ArgumentException("An experiment is started with its request as input.");
        var config = experiment.Configuration;
        var state = experiment.State ?? ExperimentState.Start(config, experiment.ExperimentId, Now(context));
        var promotionApplied = experiment.PromotionApplied;
        using var end = new CancellationTokenSource();
        var stop = context.WaitForExternalEvent<ExperimentWish>(StopEvent, end.Token);
        var approve = context.WaitForExternalEvent<ExperimentWish>(ApproveEvent, end.Token);
        for (var turn = experiment.Turn; ; turn++)
        {
            var request = new LookRequest(
                experiment.ExperimentId, experiment.Model, state, config, experiment.Caps, promotionApplied,
                stop.IsCompletedSuccessfully ? stop.Result.Actor : null, approve.IsCompletedSuccessfully ? approve.Result.Actor : null, Now(context));
            if (approve.IsCompletedSuccessfully)
                approve = context.WaitForExternalEvent<ExperimentWish>(ApproveEvent, end.Token);
            var look = await context.CallActivityAsync<ExperimentLook>(nameof(ExperimentActivities.TakeLook), request, Retry);
            var step = ExperimentDecider.Decide(config, state, look);
            var applied = await context.CallActivityAsync<Applied>(
                nameof(ExperimentActivities.ApplyStep), new ApplyRequest(experiment with { State = null }, look, step, turn), Retry);
            state = step.State;
            promotionApplied = applied.PromotionApplied;
            if (state.IsFinal)
            {
                end.Cancel();
                return new ExperimentResult(state.Phase.ToString(), state.Reason);
            }

            // The alias move is confirmed at once; everything else waits for the next look or for somebody's wish.
            if (state.Phase != ExperimentPhase.Promoting)
                await WaitAsync(context, config, stop, approve);
            if (turn + 1 - experiment.Turn >= TurnsPerGeneration && !stop.IsCompleted && !approve.IsCompleted)
            {
                end.Cancel();
                context.ContinueAsNew(experiment with { State = state, Turn = turn + 1, PromotionApplied = promotionApplied });
                return new ExperimentResult("Running", null);
            }
        }
    }

    private static async Task WaitAsync(TaskOrchestrationContext context, ExperimentConfiguration config, Task stop, Task approve)
    {
        if (stop.IsCompleted || approve.IsCompleted)
            return;
        using var cancel = new CancellationTokenSource();
        var timer = context.CreateTimer(config.EvaluationInterval, cancel.Token);
        if (await Task.WhenAny(timer, stop, approve) != timer)
            cancel.Cancel();
    }

    private static DateTimeOffset Now(TaskOrchestrationContext context) => new(context.CurrentUtcDateTime, TimeSpan.Zero);
}
