using System.Text.Json.Nodes;
using Iml4e.CommandLine.Api;

namespace Iml4e.Tests.Integration.Elec2;

/// <summary>Where the loop stands, as <c>GET /api/pipelines/{name}/status</c> says.</summary>
internal sealed record LoopState(string Text, string? Champion, bool Retraining, string? TrainedDataset, string? Experiment, string? Phase, long Pairs)
{
    /// <summary>Whether an experiment waits for predictions: time alone moves nothing on.</summary>
    public bool IsCollecting => Phase == "shadow";

    /// <summary>Reads the answer.</summary>
    public static LoopState Of(JsonNode status)
    {
        var data = status["triggers"]!.AsArray().Single(t => Json.Text(t!["kind"]) == "data");
        return new LoopState(
            status.ToJsonString(),
            Json.Text(status["champion"]),
            Json.Text(status["retrain"]?["state"]) is "pending" or "running",
            Json.Text(data!["trained"]),
            Json.Text(status["experiment"]?["id"]),
            Json.Text(status["experiment"]?["state"]),
            (long)(Json.Number(status["experiment"]?["paired"]?["n"]) ?? 0));
    }

    /// <summary>Whether nothing runs and the newest data were trained on.</summary>
    public bool IsQuiet(string dataset) => !Retraining && Experiment is null && TrainedDataset == dataset;
}
