using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Iml4e.Catalog;

/// <summary>Which part a version played in a prediction.</summary>
public enum PredictionVariant
{
    /// <summary>The serving version, no experiment.</summary>
    Champion,

    /// <summary>The serving version, in the experiment's control slice.</summary>
    Control,

    /// <summary>The version on trial.</summary>
    Challenger,

    /// <summary>The serving version, for a unit outside of the experiment's slices.</summary>
    Outside,

    /// <summary>A version that was asked beside the one that answered.</summary>
    Shadow,
}

/// <summary>One prediction in the log. The answer and its shadow have records of their own with the same id.</summary>
public sealed record PredictionRecord : IJsonOnDeserialized
{
    /// <summary>Status of a prediction that did not come before its deadline, or before its caller went away: it failed, and nobody knows how slow it was.</summary>
    public const string TimedOut = "timeout";

    private string? unit;
    private string? unitHash;
    private string? unitType;

    /// <summary>Of <see cref="PredictionLog.NewId"/>.</summary>
    public required string Id { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>The version that predicted.</summary>
    public required string Version { get; init; }

    /// <summary>That version's artefact.</summary>
    public required string Digest { get; init; }

    /// <summary>The experiment it belongs to.</summary>
    public string? Experiment { get; init; }

    /// <summary>The part that the version played.</summary>
    public PredictionVariant Variant { get; init; }

    /// <summary>The assignment unit's id, until the record is stored: the log has its hash alone. Records of older logs that have it are read with the hash.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWriting)]
    public string? Unit
    {
        get => unit;
        init => unit = value;
    }

    /// <summary>The assignment unit's <see cref="Catalog.UnitHash"/>, or what a mask made of it.</summary>
    public string? UnitHash
    {
        get => unitHash ?? (unit is null ? null : Catalog.UnitHash.Of(unit));
        init => unitHash = value;
    }

    /// <summary>The assignment unit's <see cref="Catalog.UnitType"/>; null when its id has none, or is masked.</summary>
    public string? UnitType
    {
        get => unitType ?? (Catalog.UnitType.Of(unit) is { IsEmpty: false } type ? type.ToString() : null);
        init => unitType = value;
    }

    /// <summary>Milliseconds in the model.</summary>
    public double LatencyMs { get; init; }

    /// <summary>ok, error, rejected, or <see cref="TimedOut"/>.</summary>
    public string Status { get; init; } = "ok";

    /// <summary>What went in.</summary>
    public JsonNode? Inputs { get; init; }

    /// <summary>What came out.</summary>
    public JsonNode? Outputs { get; init; }

    /// <summary>The predicted numbers, for outcomes to be compared with.</summary>
    public double[]? Predicted { get; init; }

    /// <summary>The predicted labels, for outcomes to be compared with.</summary>
    public string[]? PredictedLabels { get; init; }

    /// <summary>Set by the log when the record was too large for one line: "inputs" or "inputs,outputs" were left out.</summary>
    public string? Omitted { get; init; }

    void IJsonOnDeserialized.OnDeserialized()
    {
        if (unit is not null)
            (unitHash, unitType, unit) = (Catalog.UnitHash.OfStored(unit), UnitType, null);
    }
}
