using Iml4e.Assessment.Experiment;
using Iml4e.Assessment.Experiment.Ctcde;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Functions.Models;
using Iml4e.Functions.Monitoring;
using Iml4e.Functions.OpenApi;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.Experiments;

/// <summary>Live experiments over HTTP: start, look up, stop, approve, take out, replay.</summary>
internal sealed class ExperimentFunctions(
    ExperimentService experiments, ExperimentStarter starter, ExperimentHistory history, ModelMonitor monitor, TimeProvider time)
{
    [Function("StartExperiment")]
    [Operation("Starts an experiment of a registered version against the champion.", Body = typeof(StartExperimentRequest), Status = 201)]
    public async Task<IResult> Start(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/experiments")] HttpRequest request, [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadAsync<StartExperimentRequest>(request, cancellationToken);
        var start = await starter.StartAsync(body, client, cancellationToken);
        var plan = body.Plan is { } p ? Planning.Of(start.Configuration, p.Baseline, p.Effect, p.UnitsPerDay, p.Power) : null;
        return ApiJson.Created($"/api/experiments/{start.ExperimentId}", new
        {
            id = start.ExperimentId, start.Model, start.Champion, start.Challenger, mode = start.Configuration.Mode, plan, warning = Warning(start),
        });
    }

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

    [Function("AbortExperiment")]
    [Operation("Stops an experiment; the champion stays.", Body = typeof(WishRequest), Status = 202)]
    public Task<IResult> Abort(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/experiments/{id}/abort")] HttpRequest request, string id,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        WishAsync(request, id, client, ExperimentOrchestrator.StopEvent, cancellationToken);

    [Function("RollbackExperiment")]
    [Operation("Takes the challenger out, also when it was promoted and is watched.", Body = typeof(WishRequest), Status = 202)]
    public Task<IResult> Rollback(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/experiments/{id}/rollback")] HttpRequest request, string id,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        WishAsync(request, id, client, ExperimentOrchestrator.RollbackEvent, cancellationToken);

    [Function("TakeExperimentLook")]
    [Operation("Looks now; in mode groupSequential only when the plan says so.", Body = typeof(WishRequest), Status = 202)]
    public async Task<IResult> TakeLook(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "api/experiments/{id}/looks")] HttpRequest request, string id,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        if (await experiments.FindAsync(id, cancellationToken) is { State.IsFinal: false, Start.Configuration.GroupSequential: { } plan } planned)
            await RefuseUnplannedAsync(planned, plan, cancellationToken);
        return await WishAsync(request, id, client, ExperimentOrchestrator.LookEvent, cancellationToken);
    }

    [Function("ReplayExperiment")]
    [Operation("Takes every decision again from the audit log, and says whether each came out as recorded.")]
    public async Task<IResult> Replay(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/experiments/{id}/replay")] HttpRequest request, string id,
        CancellationToken cancellationToken) => ApiJson.Ok(await history.ReplayAsync((await FindAsync(id, cancellationToken)).Start, cancellationToken));

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
        mode = e.Start.Configuration.Mode,
        design = e.State.Design,
        stage = e.State.Stage,
        share = ExperimentDecider.Routing(e.Start.Configuration, e.State).ChallengerShare,
        nextLook = e.State.IsFinal ? null : e.State.LastLookAt + e.Start.Configuration.LookInterval,
        plannedLooks = e.State.PlannedLooks,
        iteration = e.State.Ctcde?.Iteration,
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
        statisticallyControlled = e.Start.Configuration.Mode != ExperimentMode.Ctcde,
        warning = Warning(e.Start),
        configuration = withLooks ? e.Start.Configuration : null,
        looks = withLooks ? e.Looks : null,
    };

    private static object? Arm(ArmCounts? arm) =>
        arm is null ? null : new { n = arm.Outcomes.Count, mean = Finite(arm.Outcomes.Mean), units = arm.Units, requests = arm.Requests };

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    private static string? Warning(ExperimentStart start) => start.Configuration.Mode == ExperimentMode.Ctcde ? CtcdeDecider.Warning : null;

    private async Task RefuseUnplannedAsync(ExperimentDocument experiment, GroupSequentialOptions plan, CancellationToken cancellationToken)
    {
        var (start, state) = (experiment.Start, experiment.State);
        var look = await monitor.LookAsync(
            new LookRequest(start.ExperimentId, start.Model, state, start.Configuration, start.Caps, false, null, null, time.GetUtcNow()), cancellationToken);
        var (a, b) = ((double)look.Control.Outcomes.Count, (double)look.Challenger.Outcomes.Count);
        var paired = state.Design == ExperimentDesign.ShadowPaired && state.Stage < 0;
        var information = paired ? look.Paired?.Count ?? 0 : a + b > 0 ? 2 * a * b / (a + b) : 0;
        var taken = state.PlannedLooks ?? [];
        if (GroupSequentialPlan.Due(plan, taken, information, end: false))
            return;
        var next = GroupSequentialPlan.Next(plan, taken) is { } units
            ? FormattableString.Invariant($"the next look of the plan is at {Math.Ceiling(units)} units an arm, and there are {Math.Floor(information)}")
            : "the last look of the plan was taken";
        throw new ApiException(409, "experiment.look_unplanned", $"Experiment '{start.ExperimentId}' is looked at as planned alone: {next}.");
    }

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
