using System.Text.Json.Nodes;
using Iml4e.Assessment.Experiment;
using Iml4e.Catalog;
using Iml4e.Functions.Models;
using Iml4e.Functions.Monitoring;
using Iml4e.Functions.Serving;
using Microsoft.Extensions.Logging;

namespace Iml4e.Functions.Experiments;

/// <summary>Looks at the logs, and makes decisions true. Both may run twice: a look is only a reading, a step is keyed by its turn.</summary>
internal sealed class ExperimentActivities(
    CatalogStore catalog, ModelMonitor monitor, PromotionService promotion, RoutingTable routing, ExperimentService experiments, TimeProvider time,
    ILogger<ExperimentActivities> logger)
{
    private const int MaxPoints = 400;

    [Function(nameof(TakeLook))]
    public async Task<ExperimentLook> TakeLook([ActivityTrigger] LookRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var look = await monitor.LookAsync(request, cancellationToken);
            return WithWishes(look, request) with { PromotionUndone = await IsUndoneAsync(request, cancellationToken) };
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            logger.LogWarning(e, "Experiment {Experiment} cannot be looked at; failing since {Since:O}.", request.ExperimentId, request.FailingSince ?? request.Now);
            return Failing(request);
        }
    }

    /// <summary>The look when nothing could be read.</summary>
    internal static ExperimentLook Failing(LookRequest request) =>
        WithWishes(new ExperimentLook { Now = request.Now, EvaluationFailingSince = request.FailingSince ?? request.Now }, request);

    [Function(nameof(ApplyStep))]
    public async Task<Applied> ApplyStep([ActivityTrigger] ApplyRequest request, CancellationToken cancellationToken)
    {
        var (experiment, step) = (request.Experiment, request.Step);
        if (!step.State.IsFinal && step.Events.Any(e => e.Name == "ExperimentStarted")
            && !await experiments.ClaimAsync(experiment.Model, experiment.ExperimentId, cancellationToken))
            return new Applied(false, Blocked: true);
        for (var i = 0; i < step.Events.Count; i++)
        {
            var fields = step.Events[i].Fields.DeepClone().AsObject();
            fields["experimentId"] = experiment.ExperimentId;
            // The log stamps its own time; the event's, which a replay needs, keeps a name of its own.
            if (fields.Remove("at", out var at))
                fields["decidedAt"] = at;
            await catalog.Audit.AppendAsync(
                experiment.Model, "evaluator", step.Events[i].Name, fields, $"{experiment.ExperimentId}:{request.Turn}:{i}", cancellationToken);
        }

        var promoted = await MoveChampionAsync(request, cancellationToken);
        await RouteAsync(experiment, step, cancellationToken);
        await SaveAsync(request, cancellationToken);
        return new Applied(promoted);
    }

    private static ExperimentLook WithWishes(ExperimentLook look, LookRequest request) => look with
    {
        Now = request.Now,
        AbortedBy = request.AbortedBy,
        RolledBackBy = request.RolledBackBy,
        ApprovedBy = request.ApprovedBy,
        PromotionApplied = request.PromotionApplied,
    };

    // A person who makes another version champion knows better than the experiment: going back to the old one ends the watch.
    private async Task<bool> IsUndoneAsync(LookRequest request, CancellationToken cancellationToken)
    {
        if (request.State.Phase is not (ExperimentPhase.Promoting or ExperimentPhase.Watching))
            return false;
        var start = (await experiments.FindAsync(request.ExperimentId, cancellationToken))?.Start;
        var champion = (await catalog.Models.GetAsync(request.Model, cancellationToken))?.Aliases.GetValueOrDefault("champion");
        return start is not null && champion != start.Challenger && (champion != start.Champion || request.PromotionApplied);
    }

    // Intent, alias, done: a second run after a crash finds the alias moved perhaps, and has the record still to complete.
    private async Task<bool> MoveChampionAsync(ApplyRequest request, CancellationToken cancellationToken)
    {
        var (experiment, step) = (request.Experiment, request.Step);
        var current = (await catalog.Models.GetAsync(experiment.Model, cancellationToken))!.Aliases.GetValueOrDefault("champion");
        // A champion that is neither of the two was put there by a person.
        if (current != experiment.Champion && current != experiment.Challenger)
            return false;
        var promote = step.State.Phase == ExperimentPhase.Promoting;
        var back = step.State.IsFinal && !step.Routing.Promoted && !request.Look.PromotionUndone
            && (current == experiment.Challenger || step.State.PromotedAt is not null || request.Look.PromotionApplied);
        if (!promote && !back)
            return current == experiment.Challenger;
        var wanted = promote ? experiment.Challenger : experiment.Champion;
        var reason = $"experiment {experiment.ExperimentId}: {(promote ? step.State.Verdict : step.State.Reason)}";
        try
        {
            await promotion.PromoteAsync(experiment.Model, wanted, "evaluator", reason, $"{experiment.ExperimentId}:champion:{wanted}", cancellationToken);
        }
        catch (Exception e) when (e is AliasConflictException or CatalogConflictException)
        {
            // Somebody was faster: the next look says what that means.
            return false;
        }

        return promote;
    }

    private async Task RouteAsync(ExperimentStart experiment, ExperimentStep step, CancellationToken cancellationToken)
    {
        var path = TrafficDocument.PathOf(experiment.Model);
        var wanted = step.State.IsFinal ? null : Traffic(experiment, step.Routing);
        var current = await catalog.Documents.ReadAsync<TrafficDocument>(path, cancellationToken);
        if (current is null ? wanted is null : current.Value with { Version = 0 } == wanted)
            return;
        // Workers know a newer split by its version; the clock keeps it growing where the document of the experiment before is gone.
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (wanted is not null)
            await catalog.Documents.UpdateAsync<TrafficDocument>(path, old => wanted with { Version = Math.Max(now, (old?.Version ?? 0) + 1) }, cancellationToken);
        else if (current!.Value.ExperimentId == experiment.ExperimentId)
            await catalog.Documents.DeleteAsync(path, cancellationToken);
        routing.Invalidate(experiment.Model);
    }

    private static TrafficDocument? Traffic(ExperimentStart experiment, ExperimentRouting routing)
    {
        var watching = routing is { Promoted: true, HoldbackShare: > 0 };
        if (!routing.Shadow && !watching && !routing.Weighted && (routing.Promoted || routing.ChallengerShare == 0))
            return null;
        return new TrafficDocument
        {
            Model = experiment.Model,
            ExperimentId = experiment.ExperimentId,
            Salt = experiment.ExperimentId,
            // Units did not stick to a version in the original that mode ctcde repeats.
            UnitKey = routing.Weighted ? "prediction" : experiment.Configuration.UnitKey,
            Hash = experiment.Configuration.Hash,
            Weighted = routing.Weighted,
            Share = watching ? routing.HoldbackShare : routing.Shadow ? 0 : routing.ChallengerShare,
            ChallengerVersion = experiment.Challenger,
            ControlVersion = experiment.Champion,
            OutsideVersion = watching ? experiment.Challenger : experiment.Champion,
            Shadow = routing.Shadow,
        };
    }

    private Task SaveAsync(ApplyRequest request, CancellationToken cancellationToken)
    {
        var (experiment, step, look) = (request.Experiment, request.Step, request.Look);
        return catalog.Documents.UpdateAsync<ExperimentDocument>(
            ExperimentDocument.PathOf(experiment.Model, experiment.ExperimentId),
            old =>
            {
                if (old is not null && old.Turn > request.Turn)
                    return old;
                var point = new LookPoint(
                    look.Now, step.Evidence.Count, step.Evidence.Delta, step.Evidence.Low, step.Evidence.High, step.Routing.ChallengerShare, step.State.Phase);
                return new ExperimentDocument
                {
                    Start = experiment,
                    CreatedAt = old?.CreatedAt ?? step.State.StartedAt,
                    State = step.State,
                    Look = look,
                    Evidence = step.Evidence,
                    Looks = Thin([.. old?.Looks ?? [], point]),
                    Turn = request.Turn + 1,
                    EndedAt = step.State.IsFinal ? look.Now : null,
                };
            },
            cancellationToken);
    }

    private static IReadOnlyList<LookPoint> Thin(IReadOnlyList<LookPoint> points) =>
        points.Count <= MaxPoints ? points : [.. points.Where((_, i) => i % 2 == 0 || i == points.Count - 1)];
}
