using Iml4e.Functions.Experiments;
using Iml4e.Functions.Jobs;
using Iml4e.Functions.Retraining.External;

namespace Iml4e.Functions.Retraining;

/// <summary>
/// One turn of the adaptive loop: snapshot, train, offline gate on a fresh hold-out against the re-scored champion, register, live experiment, outcome
/// (specification of the adaptive pipeline, section 5). One instance a pipeline.
/// </summary>
internal static class RetrainOrchestrator
{
    private static readonly TaskOptions Retry = TaskOptions.FromRetryPolicy(
        new RetryPolicy(3, TimeSpan.FromSeconds(2), 2) { HandleFailure = failure => !JobActivities.IsCallersFault(failure) });

    [Function(nameof(RetrainOrchestrator))]
    public static async Task<RetrainOutcome> Run([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var request = context.GetInput<RetrainRequest>() ?? throw new ArgumentException("A retraining is started with its request as input.");
        RetrainOutcome outcome;
        try
        {
            outcome = await TurnAsync(context, request);
        }
        catch (TaskFailedException e)
        {
            var failure = e.FailureDetails.InnerFailure ?? e.FailureDetails;
            outcome = new RetrainOutcome { RunId = request.RunId, Result = "Failed", Reason = failure.ErrorMessage };
        }

        context.SetCustomStatus(outcome.Result);
        await context.CallActivityAsync(nameof(RetrainActivities.EndRetraining), new RetrainEnd(request, outcome), Retry);
        return outcome;
    }

    private static async Task<RetrainOutcome> TurnAsync(TaskOrchestrationContext context, RetrainRequest request)
    {
        context.SetCustomStatus("preparing");
        var plan = await context.CallActivityAsync<RetrainPlan>(nameof(RetrainActivities.PrepareRetraining), request, Retry);

        context.SetCustomStatus("training");
        var training = plan.External is { } external
            ? await context.CallSubOrchestratorAsync<JobSummary>(
                nameof(ExternalTrainOrchestrator), external,
                new SubOrchestrationOptions((TaskRetryOptions?)null, ExternalTrainOrchestrator.InstanceId(plan.RunId)))
            : await RunJobAsync(context, plan.TrainJob);

        context.SetCustomStatus("gate");
        var gate = await context.CallActivityAsync<GateResult>(
            nameof(RetrainActivities.PassOfflineGate), new GateRequest(request, plan, training), Retry);
        if (!gate.Accepted)
            return new RetrainOutcome { RunId = request.RunId, Result = "OfflineRejected", Reason = gate.Explanation };
        if (plan.Gates > 0 && await FailedGateAsync(context, new GateRequest(request, plan, training)) is { } failed)
            return failed;

        var registered = await context.CallActivityAsync<Registered>(
            nameof(RetrainActivities.RegisterChallenger), new RegisterRequest(request, plan, training, gate), Retry);
        if (registered.Experiment is null)
            return new RetrainOutcome { RunId = request.RunId, Result = "Promoted", Reason = "first version", Version = registered.Version };

        if (registered.WaitsFor is not null)
        {
            context.SetCustomStatus("next");
            registered = await context.CallSubOrchestratorAsync<Registered>(
                nameof(NextChallengerOrchestrator), new NextChallenger(request, registered),
                new SubOrchestrationOptions((TaskRetryOptions?)null, NextChallengerOrchestrator.InstanceId(request.Pipeline)));
            if (registered.Experiment is null)
                return new RetrainOutcome { RunId = request.RunId, Result = "Superseded", Reason = "a newer challenger took its place", Version = registered.Version };
        }

        context.SetCustomStatus("experiment");
        var result = await context.CallSubOrchestratorAsync<ExperimentResult>(
            nameof(ExperimentOrchestrator), registered.Experiment,
            new SubOrchestrationOptions((TaskRetryOptions?)null, ExperimentService.InstanceId(registered.Experiment.ExperimentId)));
        return new RetrainOutcome
        {
            RunId = request.RunId,
            Result = result.Result,
            Reason = result.Reason,
            Version = registered.Version,
            Experiment = registered.Experiment.ExperimentId,
        };
    }

    /// <summary>Runs the quality gates in the order of the document until one is not passed; null when all are.</summary>
    private static async Task<RetrainOutcome?> FailedGateAsync(TaskOrchestrationContext context, GateRequest request)
    {
        var gates = await context.CallActivityAsync<IReadOnlyList<PlannedGate>>(nameof(GateActivities.PlanGates), request, Retry);
        foreach (var gate in gates)
        {
            var name = $"gate {gate.Index + 1} ({gate.Name})";
            context.SetCustomStatus(name);
            try
            {
                var challenger = gate.Challenger is null ? null : RunJobAsync(context, gate.Challenger);
                var champion = gate.Champion is null ? null : RunJobAsync(context, gate.Champion);
                var jobs = new GateJobs(request.Request, gate, challenger is null ? null : await challenger, champion is null ? null : await champion);
                var verdict = await context.CallActivityAsync<GateVerdict>(nameof(GateActivities.PassGate), jobs, Retry);
                if (!verdict.Accepted)
                    return new RetrainOutcome { RunId = request.Request.RunId, Result = "OfflineRejected", Reason = $"{name}: {verdict.Explanation}" };
            }
            catch (TaskFailedException e)
            {
                var failure = e.FailureDetails.InnerFailure ?? e.FailureDetails;
                return new RetrainOutcome { RunId = request.Request.RunId, Result = "Failed", Reason = $"{name}: {failure.ErrorMessage}" };
            }
        }

        return null;
    }

    private static async Task<JobSummary> RunJobAsync(TaskOrchestrationContext context, JobStart job) =>
        await context.CallSubOrchestratorAsync<JobSummary>(
            nameof(JobOrchestrator), job, new SubOrchestrationOptions(Retry, JobService.InstanceId(job.JobId)));
}
