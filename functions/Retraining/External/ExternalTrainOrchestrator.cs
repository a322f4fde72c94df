using Iml4e.Functions.Jobs;

namespace Iml4e.Functions.Retraining.External;

/// <summary>
/// A training by a service of one's own: call it, wait for its model while it gives signs of life, three attempts with pauses of 30 and 60 s, take its model
/// over (specification of the adaptive pipeline, section 5).
/// </summary>
internal static class ExternalTrainOrchestrator
{
    private const int Attempts = 3;
    private const int TurnsPerGeneration = 50;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(30);

    private static readonly TaskOptions Retry = TaskOptions.FromRetryPolicy(
        new RetryPolicy(5, TimeSpan.FromSeconds(2), 2) { HandleFailure = failure => !JobActivities.IsCallersFault(failure) });

    /// <summary>Instance id of a run's training.</summary>
    public static string InstanceId(string runId) => "train-" + runId;

    /// <summary>Event that tells that an attempt has ended, well or not.</summary>
    public static string EventOf(int attempt) => $"ended-{attempt}";

    [Function(nameof(ExternalTrainOrchestrator))]
    public static async Task<JobSummary> Run([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var start = context.GetInput<ExternalStart>() ?? throw new ArgumentException("A training is started with its request as input.");
        if (start.Data is null)
            start = start with { Data = await context.CallActivityAsync<ExternalData>(nameof(ExternalTrainActivities.FreezeData), start, Retry) };
        while (true)
        {
            var (standing, goesOn) = await AttemptAsync(context, start);
            if (goesOn is not null)
            {
                context.ContinueAsNew(goesOn);
                return new JobSummary { JobId = start.RunId, Kind = "train", Metrics = new Dictionary<string, double?>(), ReportDigest = "" };
            }

            if (standing.State == TrainingState.Delivered)
                return await context.CallActivityAsync<JobSummary>(nameof(ExternalTrainActivities.TakeModel), start, Retry);
            if (start.Attempt == Attempts)
                throw new InvalidOperationException($"the external trainer failed {Attempts} times, the last time because {standing.Reason}");
            await context.CreateTimer(FirstPause * Math.Pow(2, start.Attempt - 1), CancellationToken.None);
            start = start with { Attempt = start.Attempt + 1, CalledAt = null };
        }
    }

    /// <summary>One attempt to its end, or what is to be gone on with when the history has grown long.</summary>
    private static async Task<(ExternalStanding Standing, ExternalStart? GoesOn)> AttemptAsync(TaskOrchestrationContext context, ExternalStart start)
    {
        using var end = new CancellationTokenSource();
        var ended = context.WaitForExternalEvent<bool>(EventOf(start.Attempt), end.Token);
        try
        {
            // An attempt that a longer history was cut off from has been called already.
            var step = start.CalledAt is null ? nameof(ExternalTrainActivities.CallTrainer) : nameof(ExternalTrainActivities.LookAtTraining);
            start = start with { CalledAt = start.CalledAt ?? Now(context) };
            var standing = await context.CallActivityAsync<ExternalStanding>(step, new ExternalAttempt(start, Now(context)), Retry);
            var deadline = start.CalledAt.Value + start.Timeout;
            for (var turn = 1; standing.State == TrainingState.Waiting; turn++)
            {
                var silent = standing.LastSeen + start.Heartbeat;
                if (Now(context) >= deadline)
                    standing = await EndAsync(context, start, $"it delivered no model within {start.Timeout}");
                else if (Now(context) >= silent)
                    standing = await EndAsync(context, start, $"it gave no sign of life for {start.Heartbeat}");
                else if (turn > TurnsPerGeneration && !ended.IsCompleted)
                    return (standing, start);
                else
                {
                    using var cancel = new CancellationTokenSource();
                    var timer = context.CreateTimer((silent < deadline ? silent : deadline).UtcDateTime, cancel.Token);
                    if (await Task.WhenAny(timer, ended) != timer)
                        cancel.Cancel();
                    standing = await context.CallActivityAsync<ExternalStanding>(
                        nameof(ExternalTrainActivities.LookAtTraining), new ExternalAttempt(start, Now(context)), Retry);
                }
            }

            return (standing, null);
        }
        finally
        {
            end.Cancel();
        }
    }

    private static Task<ExternalStanding> EndAsync(TaskOrchestrationContext context, ExternalStart start, string reason) =>
        context.CallActivityAsync<ExternalStanding>(nameof(ExternalTrainActivities.EndAttempt), new ExternalAttempt(start, Now(context), reason), Retry);

    private static DateTimeOffset Now(TaskOrchestrationContext context) => new(context.CurrentUtcDateTime, TimeSpan.Zero);
}
