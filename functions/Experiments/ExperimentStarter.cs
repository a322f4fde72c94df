using Iml4e.Assessment.Experiment;
using Iml4e.Assessment.Validation;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Functions.Jobs;
using Iml4e.Functions.Monitoring;

namespace Iml4e.Functions.Experiments;

/// <summary>Starts an experiment of two registered versions, without a retraining.</summary>
internal sealed class ExperimentStarter(CatalogStore catalog, ExperimentService experiments, ModelMonitor monitor)
{
    /// <summary>Starts it.</summary>
    /// <exception cref="ApiException">404: there is no such model; 409: an experiment of it runs.</exception>
    /// <exception cref="DocumentException">Something is wrong with the request.</exception>
    public async Task<ExperimentStart> StartAsync(StartExperimentRequest request, DurableTaskClient client, CancellationToken cancellationToken)
    {
        var model = (ResourceName.IsValid(request.Model) ? await catalog.Models.GetAsync(request.Model, cancellationToken) : null)
            ?? throw ApiException.NotFound("model", request.Model);
        var champion = Check(request, model);
        var id = await NextIdAsync(request, cancellationToken);
        if (!await experiments.ClaimAsync(request.Model, id, cancellationToken))
        {
            var running = await experiments.NewestAsync(request.Model, cancellationToken);
            // One whose start was interrupted between its record and its orchestration: it is begun now.
            if (running is { Turn: 0, State.IsFinal: false })
                await client.StartOnceAsync(nameof(ExperimentOrchestrator), running.Start, ExperimentService.InstanceId(running.Start.ExperimentId), cancellationToken);
            throw new ApiException(409, "experiment.active", $"Experiment '{running?.Start.ExperimentId}' of model '{request.Model}' runs; one at a time.");
        }

        var start = new ExperimentStart
        {
            ExperimentId = id,
            Model = request.Model,
            Champion = champion,
            Challenger = request.Challenger,
            RunId = "",
            Configuration = request.Experiment,
            Effect = request.Plan?.Effect,
            Caps = await monitor.CapsAsync(request.Model, champion, request.Experiment.Primary, cancellationToken),
        };
        if (!await experiments.CreateAsync(start, cancellationToken))
            throw new ApiException(409, "experiment.active", $"Experiment '{id}' was started at the same moment.");
        await client.StartOnceAsync(nameof(ExperimentOrchestrator), start, ExperimentService.InstanceId(id), cancellationToken);
        return start;
    }

    private static string Check(StartExperimentRequest request, Model model)
    {
        var errors = new ValidationErrors();
        foreach (var error in request.Experiment.Validate())
            errors.Add(error.Path, error.Message);
        errors.Require(
            OutcomeLoss.Names.Contains(request.Experiment.Primary?.Name ?? ""), "experiment.primary.name", $"must be one of {string.Join(", ", OutcomeLoss.Names)}");
        var champion = model.Aliases.GetValueOrDefault("champion");
        errors.Require(champion is not null, "model", $"model '{model.Name}' has no champion to compare with");
        errors.Require(model.Versions.Any(v => v.Version == request.Challenger), "challenger", $"model '{model.Name}' has no version '{request.Challenger}'");
        errors.Require(request.Challenger != champion, "challenger", "must be another version than the champion");
        if (request.Plan is { } plan)
        {
            errors.Require(double.IsFinite(plan.Effect) && plan.Effect != 0, "plan.effect", "must be a number other than 0");
            errors.Require(double.IsFinite(plan.Baseline) && plan.Baseline > 0, "plan.baseline", "must be a positive number");
            errors.Require(double.IsFinite(plan.UnitsPerDay) && plan.UnitsPerDay >= 0, "plan.unitsPerDay", "must be 0 or more");
            errors.Require(plan.Power is > 0 and < 1, "plan.power", "must lie in (0, 1)");
            var binary = request.Experiment.Primary?.Type == OutcomeType.Binary && request.Experiment.EffectiveDesign == ExperimentDesign.AbTest;
            errors.Require(
                !binary || (plan.Baseline < 1 && plan.Baseline + plan.Effect is > 0 and < 1), "plan", "baseline and baseline + effect must be rates, in (0, 1)");
        }

        errors.ThrowIfAny();
        return champion!;
    }

    // The id is the salt of the assignment: a challenger that is tried again gets a fresh one.
    private async Task<string> NextIdAsync(StartExperimentRequest request, CancellationToken cancellationToken)
    {
        for (var time = 1; ; time++)
        {
            var id = ExperimentService.IdOf(request.Model, request.Challenger, time);
            if (await experiments.FindAsync(id, cancellationToken) is not { } there || !there.State.IsFinal)
                return id;
        }
    }
}
