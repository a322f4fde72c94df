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

    /// <summary>Event that takes the challenger out.</summary>
    public const string RollbackEvent = "rollback";

    /// <summary>Event that approves what is waited for.</summary>
    public const string ApproveEvent = "approve";

    /// <summary>Event that asks for a look before its time.</summary>
    public const string LookEvent = "look";

    private const int TurnsPerGeneration = 50;
    private static readonly TimeSpan PauseOfStorage = TimeSpan.FromMinutes(1);

    private static readonly TaskOptions Retry = TaskOptions.FromRetryPolicy(new RetryPolicy(10, TimeSpan.FromSeconds(1), 2, TimeSpan.FromMinutes(1)));

    [Function(nameof(ExperimentOrchestrator))]
    public static async Task<ExperimentResult> Run([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var experiment = context.GetInput<ExperimentStart>() ?? throw new ArgumentException("An experiment is started with its request as input.");
        var config = experiment.Configuration;
        var state = experiment.State ?? ExperimentState.Start(config, experiment.ExperimentId, Now(context));
        var (promotionApplied, failingSince) = (experiment.PromotionApplied, experiment.FailingSince);
        using var end = new CancellationTokenSource();
        var wishes = new ExperimentWishes(context, end.Token);
        for (var turn = experiment.Turn; ; turn++)
        {
            var request = new LookRequest(
                experiment.ExperimentId, experiment.Model, state, config, experiment.Caps, promotionApplied, wishes.StoppedBy, wishes.TakeApproval(), Now(context))
            {
                RolledBackBy = wishes.RolledBackBy,
                FailingSince = failingSince,
            };
            wishes.TakeLook();
            var look = await LookAsync(context, request);
            failingSince = look.EvaluationFailingSince;
            var step = ExperimentDecider.Decide(config, state, look);
            var applied = await ApplyAsync(context, new ApplyRequest(experiment with { State = null, FailingSince = null }, look, step, turn));
            // While another experiment of the model runs this one has not begun, whatever the look says.
            state = applied.Blocked ? ExperimentState.Start(config, experiment.ExperimentId, Now(context)) : step.State;
            promotionApplied = applied.PromotionApplied;
            if (state.IsFinal)
            {
                end.Cancel();
                return new ExperimentResult(state.Phase.ToString(), state.Reason);
            }

            // The alias move is confirmed at once; everything else waits for the next look or for somebody's wish.
            if (state.Phase != ExperimentPhase.Promoting || !promotionApplied)
                await WaitAsync(context, config, wishes);
            if (turn + 1 - experiment.Turn >= TurnsPerGeneration && !wishes.Any)
            {
                end.Cancel();
                context.ContinueAsNew(experiment with { State = state, Turn = turn + 1, PromotionApplied = promotionApplied, FailingSince = failingSince });
                return new ExperimentResult("Running", null);
            }
        }
    }

    // A look that cannot be taken is one that says so: the experiment must go on to the end of its patience, or the challenger would serve unwatched.
    private static async Task<ExperimentLook> LookAsync(TaskOrchestrationContext context, LookRequest request)
    {
        try
        {
            return await context.CallActivityAsync<ExperimentLook>(nameof(ExperimentActivities.TakeLook), request, Retry);
        }
        catch (TaskFailedException)
        {
            return ExperimentActivities.Failing(request);
        }
    }

    // A decision stands: it is made true as soon as the storage can be written again.
    private static async Task<Applied> ApplyAsync(TaskOrchestrationContext context, ApplyRequest request)
    {
        while (true)
        {
            try
            {
                return await context.CallActivityAsync<Applied>(nameof(ExperimentActivities.ApplyStep), request, Retry);
            }
            catch (TaskFailedException)
            {
                await context.CreateTimer(PauseOfStorage, CancellationToken.None);
            }
        }
    }

    private static async Task WaitAsync(TaskOrchestrationContext context, ExperimentConfiguration config, ExperimentWishes wishes)
    {
        if (wishes.Any)
            return;
        using var cancel = new CancellationTokenSource();
        var timer = context.CreateTimer(config.LookInterval, cancel.Token);
        if (await Task.WhenAny(timer, wishes.Next) != timer)
            cancel.Cancel();
    }

    private static DateTimeOffset Now(TaskOrchestrationContext context) => new(context.CurrentUtcDateTime, TimeSpan.Zero);
}
