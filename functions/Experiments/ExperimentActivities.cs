using System.Text.Json.Nodes;
using Iml4e.Assessment.Experiment;
using Iml4e.Catalog;
using Iml4e.Functions.Models;
using Iml4e.Functions.Monitoring;
using Iml4e.Functions.Serving;

namespace Iml4e.Functions.Experiments;

/// <summary>Looks at the logs, and makes decisions true. Both may run twice: a look is only a reading, a step is keyed by its turn.</summary>
internal sealed class ExperimentActivities(CatalogStore catalog, ModelMonitor monitor, PromotionService promotion, RoutingTable routing)
{
    private const int MaxPoints = 400;

    [Function(nameof(TakeLook))]
    public async Task<ExperimentLook> TakeLook([ActivityTrigger] LookRequest request, CancellationToken cancellationToken)
    {
        var look = await monitor.LookAsync(request, cancellationToken);
        return look with
        {
            Now = request.Now, AbortedBy = request.AbortedBy, ApprovedBy = request.ApprovedBy, PromotionApplied = request.PromotionApplied,
        };
    }

    [Function(nameof(ApplyStep))]
    public async Task<Applied> ApplyStep([ActivityTrigger] ApplyRequest request, CancellationToken cancellationToken)
    {
        var (experiment, step) = (request.Experiment, request.Step);
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

        var promoted = await MoveChampionAsync(experiment, step, cancellationToken);
        await RouteAsync(experiment, step, cancellationToken);
        await SaveAsync(request, cancellationToken);
        return new Applied(promoted);
    }

    private async Task<bool> MoveChampionAsync(ExperimentStart experiment, ExperimentStep step, CancellationToken cancellationToken)
    {
        var wanted = step.Routing.Promoted ? experiment.Challenger : experiment.Champion;
        var model = await catalog.Models.GetAsync(experiment.Model, cancellationToken);
        var current = model!.Aliases.GetValueOrDefault("champion");
        // A champion that is neither of the two was put there by a person, who knows better than this experiment.
        if (current == wanted || (current != experiment.Champion && current != experiment.Challenger))
            return current == experiment.Challenger;
        var reason = step.Routing.Promoted ? $"experiment {experiment.ExperimentId}: {step.State.Verdict}" : $"experiment {experiment.ExperimentId}: {step.State.Reason}";
        await promotion.PromoteAsync(experiment.Model, wanted, "evaluator", reason, $"{experiment.ExperimentId}:champion:{wanted}", cancellationToken);
        return step.Routing.Promoted;
    }

    private async Task RouteAsync(ExperimentStart experiment, ExperimentStep step, CancellationToken cancellationToken)
    {
        var path = TrafficDocument.PathOf(experiment.Model);
        var wanted = step.State.IsFinal ? null : Traffic(experiment, step.Routing);
        var current = await catalog.Documents.ReadAsync<TrafficDocument>(path, cancellationToken);
        if (current?.Value == wanted)
            return;
        if (wanted is not null)
            await catalog.Documents.UpdateAsync<TrafficDocument>(path, _ => wanted, cancellationToken);
        else if (current!.Value.ExperimentId == experiment.ExperimentId)
            await catalog.Documents.DeleteAsync(path, cancellationToken);
        routing.Invalidate(experiment.Model);
    }

    private static TrafficDocument? Traffic(ExperimentStart experiment, ExperimentRouting routing)
    {
        var watching = routing is { Promoted: true, HoldbackShare: > 0 };
        if (!routing.Shadow && !watching && (routing.Promoted || routing.ChallengerShare == 0))
            return null;
        return new TrafficDocument
        {
            Model = experiment.Model,
            ExperimentId = experiment.ExperimentId,
            Salt = experiment.ExperimentId,
            UnitKey = experiment.Configuration.UnitKey,
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
