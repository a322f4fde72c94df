using System.Globalization;
using System.Text.Json.Nodes;
using Iml4e.CommandLine.Api;

namespace Iml4e.CommandLine.Demo;

/// <summary>An event of the app, with the simulated day on which we heard of it.</summary>
/// <param name="Day">Live day of the story.</param>
/// <param name="At">When it happened, as the app says.</param>
/// <param name="Name">Kind of event, such as <c>Promoted</c>.</param>
/// <param name="Detail">The rest of it, as compact text.</param>
internal sealed record StoryEvent(int Day, string At, string Name, string Detail)
{
    // What only a program asks for: the dashboard and the audit log have it.
    private static readonly string[] Technical = ["runId", "digest", "configurationHash", "experimentId", "trigger", "coalesced", "decidedAt"];

    /// <summary>True for a retraining that falling performance in production asked for.</summary>
    public bool IsPerformanceTrigger =>
        Name == "TriggerReceived" && Detail.Contains("reason performance", StringComparison.Ordinal);

    /// <summary>True when a challenger passed the gate and meets live traffic.</summary>
    public bool IsExperimentStart => Name == "ExperimentStarted";

    /// <summary>True when an experiment came to a decision.</summary>
    public bool IsDecision => Name == "DecisionMade";

    /// <summary>True when a challenger became the champion through an experiment.</summary>
    public bool IsPromotion => Name == "Promoted";

    /// <summary>True when a retraining has begun.</summary>
    public bool IsTrainingStart => Name == "RetrainStarted";

    /// <summary>True when a look at the running experiment is reported: frequent, and so not shown.</summary>
    public bool IsLook => Name == "Look";

    /// <summary>Reads an event of <c>GET /api/events</c>.</summary>
    public static StoryEvent Read(int day, JsonNode node) =>
        new(day, Json.Text(node["at"]) ?? node["at"]?.ToString() ?? "", Json.Text(node["event"]) ?? "?", Describe(node["detail"] ?? node["fields"]));

    private static string Describe(JsonNode? detail) => detail switch
    {
        null => "",
        JsonObject members => string.Join(
            ", ", members.Where(m => m.Value is JsonValue && !Technical.Contains(m.Key)).Select(m => $"{m.Key} {Show(m.Value!)}")),
        JsonValue value => value.ToString(),
        _ => detail.ToJsonString(),
    };

    private static string Show(JsonNode value) => Json.Number(value) is not { } number
        ? value.ToString()
        : number.ToString(number == 0 || Math.Abs(number) >= 0.001 ? "0.###" : "G3", CultureInfo.InvariantCulture);
}
