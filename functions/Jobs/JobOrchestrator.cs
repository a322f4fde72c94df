namespace Iml4e.Functions.Jobs;

/// <summary>
/// The one orchestrator of all job kinds: plan, execute the units in parallel, aggregate. Deterministic: everything else is in its activities.
/// </summary>
internal static class JobOrchestrator
{
    /// <summary>Units that run at the same time at most.</summary>
    private const int Parallel = 16;

    private static readonly TaskOptions Retry = TaskOptions.FromRetryPolicy(new RetryPolicy(3, TimeSpan.FromSeconds(2), 2)
    {
        HandleFailure = failure => !JobActivities.IsCallersFault(failure),
    });

    [Function(nameof(JobOrchestrator))]
    public static async Task<JobSummary> Run([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var job = context.GetInput<JobStart>() ?? throw new ArgumentException("A job is started with its request as input.");
        try
        {
            context.SetCustomStatus(new JobProgress(0, 0, "planning"));
            var plan = await context.CallActivityAsync<JobPlan>(nameof(JobActivities.PlanJob), job, Retry);
            var parts = new string[plan.Units];
            var running = new Dictionary<Task<string>, int>();
            var done = 0;
            for (var next = 0; next < plan.Units || running.Count > 0;)
            {
                while (next < plan.Units && running.Count < Parallel)
                {
                    var unit = new JobUnit(job, plan.UnitsDigest, next);
                    running.Add(context.CallActivityAsync<string>(nameof(JobActivities.ExecuteJobUnit), unit, Retry), next++);
                }

                context.SetCustomStatus(new JobProgress(done, plan.Units, "running"));
                var finished = await Task.WhenAny(running.Keys);
                parts[running[finished]] = await finished;
                running.Remove(finished);
                done++;
            }

            context.SetCustomStatus(new JobProgress(plan.Units, plan.Units, "aggregating"));
            var summary = await context.CallActivityAsync<JobSummary>(nameof(JobActivities.AggregateJob), new JobParts(job, parts), Retry);
            context.SetCustomStatus(new JobProgress(plan.Units, plan.Units, "completed"));
            return summary;
        }
        catch (TaskFailedException e)
        {
            var failure = e.FailureDetails.InnerFailure ?? e.FailureDetails;
            await context.CallActivityAsync(nameof(JobActivities.FailJob), new JobFailure(job, failure.ErrorMessage, Cancelled: false));
            throw;
        }
    }
}
