using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Iml4e.Catalog;

/// <summary>What turned out about a prediction, and the loss that follows.</summary>
public sealed record OutcomeRecord : IJsonOnDeserialized
{
    private string? unit;
    private string? unitHash;

    /// <summary>The prediction.</summary>
    public required string PredictionId { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset PredictedAt { get; init; }

    /// <summary>When the outcome was observed.</summary>
    public required DateTimeOffset ObservedAt { get; init; }

    /// <summary>When we were told.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>The version that answered.</summary>
    public required string Version { get; init; }

    /// <summary>The experiment it belongs to.</summary>
    public string? Experiment { get; init; }

    /// <summary>The part that the version played.</summary>
    public PredictionVariant Variant { get; init; }

    /// <summary>The assignment unit's <see cref="Catalog.UnitHash"/>, or what a mask made of it.</summary>
    public string? UnitHash
    {
        get => unitHash;
        init => unitHash = value;
    }

    /// <summary>The assignment unit's id in records of older logs; it is read as the hash and never written.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWriting)]
    public string? Unit
    {
        get => unit;
        init => unit = value;
    }

    /// <summary>Loss of the answer.</summary>
    public double Loss { get; init; }

    /// <summary>Loss of the shadow's answer.</summary>
    public double? ShadowLoss { get; init; }

    /// <summary>The shadow's version.</summary>
    public string? ShadowVersion { get; init; }

    /// <summary>What turned out: a number, a text or a list.</summary>
    public JsonNode? Actual { get; init; }

    /// <summary>Which telling of the outcome this is; of several for one prediction the highest counts, and of equal ones the first that came.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Revision { get; init; }

    /// <summary>The revision that this one takes the place of; null when there was no outcome before.</summary>
    public int? Replaces { get; init; }

    /// <summary>Whether this outcome counts and not the other one of the same prediction.</summary>
    public bool Overrules(OutcomeRecord other) => Revision > other.Revision || (Revision == other.Revision && ReceivedAt < other.ReceivedAt);

    void IJsonOnDeserialized.OnDeserialized()
    {
        if (unit is not null)
            (unitHash, unit) = (Catalog.UnitHash.OfStored(unit), null);
    }
}
