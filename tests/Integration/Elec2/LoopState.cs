using System.Text.Json.Nodes;
using Iml4e.CommandLine.Api;

namespace Iml4e.Tests.Integration.Elec2;

/// <summary>Where the loop stands, as <c>GET /api/pipelines/{name}/status</c> says.</summary>
/// <param name="Champion">Version that serves.</param>
/// <param name="IsRetraining">Whether a retraining runs, its experiment included.</param>
/// <param name="IsQueued">Whether another one waits.</param>
/// <param name="TrainedDataset">Data set version that the newest retraining saw.</param>
/// <param name="Watched">Version whose performance is watched.</param>
/// <param name="Scored">Outcomes of it up to the newest score.</param>
/// <param name="Experiment">The running experiment.</param>
/// <param name="Phase">Its phase.</param>
/// <param name="Pairs">Pairs that its newest look saw.</param>
internal sealed record LoopState(
    string? Champion, bool IsRetraining, bool IsQueued, string? TrainedDataset, string? Watched, long Scored, string? Experiment, string? Phase, long Pairs)
{
    /// <summary>Whether an experiment waits for predictions: time alone moves nothing on.</summary>
    public bool IsCollecting => Phase == "shadow";

    /// <summary>Whether nothing runs or waits, and the newest data were trained on.</summary>
    public bool IsQuiet(string dataset) => !IsRetraining && !IsQueued && Experiment is null && TrainedDataset == dataset;

    /// <summary>Reads the answer.</summary>
    public static LoopState Of(JsonNode status)
    {
        var triggers = status["triggers"]!.AsArray().ToDictionary(t => Json.Text(t!["kind"])!, t => t!);
        return new LoopState(
            Json.Text(status["champion"]),
            Json.Text(status["retrain"]?["state"]) is "pending" or "running",
            status["next"] is not null,
            Json.Text(triggers["data"]["trained"]),
            Json.Text(triggers["performance"]["version"]),
            (long)(Json.Number(triggers["performance"]["outcomes"]) ?? 0),
            Json.Text(status["experiment"]?["id"]),
            Json.Text(status["experiment"]?["state"]),
            (long)(Json.Number(status["experiment"]?["paired"]?["n"]) ?? 0));
    }
}
