using Iml4e.Functions.Experiments;
using Iml4e.Functions.Jobs;

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
        var training = await context.CallSubOrchestratorAsync<JobSummary>(
            nameof(JobOrchestrator), plan.TrainJob, new SubOrchestrationOptions(Retry, JobService.InstanceId(plan.TrainJob.JobId)));

        context.SetCustomStatus("gate");
        var gate = await context.CallActivityAsync<GateResult>(
            nameof(RetrainActivities.PassOfflineGate), new GateRequest(request, plan, training), Retry);
        if (!gate.Accepted)
            return new RetrainOutcome { RunId = request.RunId, Result = "OfflineRejected", Reason = gate.Explanation };

        var registered = await context.CallActivityAsync<Registered>(
            nameof(RetrainActivities.RegisterChallenger), new RegisterRequest(request, plan, training, gate), Retry);
        if (registered.Experiment is null)
            return new RetrainOutcome { RunId = request.RunId, Result = "Promoted", Reason = "first version", Version = registered.Version };

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
}
