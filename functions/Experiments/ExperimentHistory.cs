using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Experiment;
using Iml4e.Catalog;
using Iml4e.Functions.Http;

namespace Iml4e.Functions.Experiments;

/// <summary>Takes every decision of an experiment again from what its audit log holds.</summary>
internal sealed class ExperimentHistory(CatalogStore catalog)
{
    /// <summary>Replays an experiment.</summary>
    /// <exception cref="ApiException">409: it has not begun.</exception>
    public async Task<ExperimentReplayed> ReplayAsync(ExperimentStart experiment, CancellationToken cancellationToken)
    {
        (ExperimentConfiguration Configuration, ExperimentState Start)? began = null;
        var looks = new List<JsonObject>();
        await foreach (var entry in catalog.Audit.ReadAsync(experiment.Model, 1, cancellationToken))
        {
            if ((string?)entry.Fields["experimentId"] != experiment.ExperimentId)
                continue;
            if (entry.Event == "ExperimentStarted")
            {
                began = (
                    entry.Fields["configuration"].Deserialize<ExperimentConfiguration>(ExperimentJson.Options)!,
                    entry.Fields["start"].Deserialize<ExperimentState>(ExperimentJson.Options)!);
            }
            else if (entry.Event == "Look")
            {
                looks.Add(entry.Fields);
            }
        }

        if (began is not { } start)
            throw new ApiException(409, "experiment.not_begun", $"Experiment '{experiment.ExperimentId}' has not begun.");
        var different = ExperimentReplay.FirstDifference(start.Configuration, start.Start, looks);
        var state = start.Start;
        foreach (var look in looks)
            state = ExperimentDecider.Decide(start.Configuration, state, look["look"].Deserialize<ExperimentLook>(ExperimentJson.Options)!).State;
        return new ExperimentReplayed(
            experiment.ExperimentId, looks.Count, different < 0, different < 0 ? null : different + 1,
            ExperimentJson.Hash(start.Configuration) == ExperimentJson.Hash(experiment.Configuration), state.Phase, state.Reason, state.Verdict);
    }
}

/// <summary>What a replay found.</summary>
/// <param name="Id">The experiment.</param>
/// <param name="Looks">Looks that were taken again.</param>
/// <param name="Identical">Whether every state that followed was the recorded one, bit for bit.</param>
/// <param name="FirstDifference">Number of the first look whose state differs, from 1; null when none does.</param>
/// <param name="ConfigurationUnchanged">Whether the configuration is still the one that the experiment began with.</param>
/// <param name="State">Where the replay ended.</param>
/// <param name="Reason">Why.</param>
/// <param name="Verdict">What was shown.</param>
internal sealed record ExperimentReplayed(
    string Id, int Looks, bool Identical, int? FirstDifference, bool ConfigurationUnchanged, ExperimentPhase State, string? Reason, string? Verdict);
