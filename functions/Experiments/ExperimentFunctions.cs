using Iml4e.Assessment.Experiment;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Functions.Models;
using Iml4e.Functions.OpenApi;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.Experiments;

/// <summary>Live experiments over HTTP: look up, stop, approve.</summary>
internal sealed class ExperimentFunctions(ExperimentService experiments)
{
    [Function("ListExperiments")]
    [Operation("Experiments, newest first.", Query = ["model: only of this model"])]
    public async Task<IResult> List(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/experiments")] HttpRequest request, CancellationToken cancellationToken)
    {
        var model = request.Query["model"].ToString();
        if (model.Length > 0)
            ResourceName.Check(model);
        var list = await experiments.ListAsync(model.Length == 0 ? null : model, cancellationToken);
        return ApiJson.Ok(new { experiments = list.Select(e => Describe(e, withLooks: false)) });
    }

    [Function("GetExperiment")]
    [Operation("An experiment with its looks.")]
    public async Task<IResult> Get(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/experiments/{id}")] HttpRequest request, string id,
        CancellationToken cancellationToken) =>
        ApiJson.Ok(Describe(await FindAsync(id, cancellationToken), withLooks: true));

    [Function("StopExperiment")]
    [Operation("Stops an experiment; the champion stays.", Body = typeof(WishRequest), Status = 202)]
    public Task<IResult> Stop(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/experiments/{id}/stop")] HttpRequest request, string id,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        WishAsync(request, id, client, ExperimentOrchestrator.StopEvent, cancellationToken);

    [Function("ApproveExperiment")]
    [Operation("Approves what an experiment waits for.", Body = typeof(WishRequest), Status = 202)]
    public Task<IResult> Approve(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/experiments/{id}/approve")] HttpRequest request, string id,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        WishAsync(request, id, client, ExperimentOrchestrator.ApproveEvent, cancellationToken);

    /// <summary>An experiment as the API shows it.</summary>
    internal static object Describe(ExperimentDocument e, bool withLooks) => new
    {
        id = e.Start.ExperimentId,
        model = e.Start.Model,
        state = e.State.Phase,
        reason = e.State.Reason,
        verdict = e.State.Verdict,
        design = e.State.Design,
        stage = e.State.Stage,
        share = ExperimentDecider.Routing(e.Start.Configuration, e.State).ChallengerShare,
        champion = e.Start.Champion,
        challenger = e.Start.Challenger,
        metric = e.Start.Configuration.Primary.Name,
        startedAt = e.CreatedAt,
        endedAt = e.EndedAt,
        control = Arm(e.Look?.Control),
        challengerArm = Arm(e.Look?.Challenger),
        paired = e.Look?.Paired is { } p ? new { n = p.Count, mean = Finite(p.Mean) } : null,
        delta = e.Evidence?.Delta,
        ci = e.Evidence is { } v ? new[] { v.Low, v.High } : null,
        p = e.State.MinimumP,
        insufficient = e.Evidence?.Missing,
        srm = e.Evidence is { } s ? new { logE = s.SampleRatioLogE, p = s.SampleRatioP } : null,
        labelImbalanceP = e.Evidence?.LabelImbalanceP,
        guardrails = e.Evidence?.Guardrails,
        statisticallyControlled = e.Evidence?.StatisticallyControlled ?? true,
        configuration = withLooks ? e.Start.Configuration : null,
        looks = withLooks ? e.Looks : null,
    };

    private static object? Arm(ArmCounts? arm) =>
        arm is null ? null : new { n = arm.Outcomes.Count, mean = Finite(arm.Outcomes.Mean), units = arm.Units, requests = arm.Requests };

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    private async Task<IResult> WishAsync(HttpRequest request, string id, DurableTaskClient client, string wish, CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadOrDefaultAsync<WishRequest>(request, cancellationToken);
        var experiment = await FindAsync(id, cancellationToken);
        if (experiment.State.IsFinal)
            throw new ApiException(409, "experiment.ended", $"Experiment '{id}' has ended: {experiment.State.Phase}.");
        await client.RaiseEventAsync(
            ExperimentService.InstanceId(id), wish, new ExperimentWish(ModelFunctions.Actor(request), body.Reason), cancellationToken);
        return ApiJson.Accepted($"/api/experiments/{id}", new { id, asked = wish });
    }

    private async Task<ExperimentDocument> FindAsync(string id, CancellationToken cancellationToken) =>
        await experiments.FindAsync(id, cancellationToken) ?? throw ApiException.NotFound("experiment", id);
}

/// <summary>Body of a stop or an approval.</summary>
internal sealed record WishRequest
{
    /// <summary>Why.</summary>
    public string? Reason { get; init; }
}
