using System.ComponentModel;
using System.Text.Json.Nodes;

namespace Iml4e.Functions.Feedback;

/// <summary>An outcome as a feedback request has it; for the contract.</summary>
internal sealed record FeedbackItem
{
    /// <summary>The prediction.</summary>
    public required string PredictionId { get; init; }

    /// <summary>What happened: a number, a text or a truth value, or a list of them, one a predicted row.</summary>
    public required JsonNode Value { get; init; }

    /// <summary>When it was observed; now when left out.</summary>
    public DateTimeOffset? ObservedAt { get; init; }

    /// <summary>0 when left out; another value for the same prediction needs a higher one than the value before.</summary>
    [DefaultValue(0)]
    public int Revision { get; init; }
}
