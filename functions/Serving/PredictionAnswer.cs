using Iml4e.Catalog;
using Iml4e.Inference;
using Iml4e.Inference.OpenInference;
using Iml4e.Inference.Statistics;

namespace Iml4e.Functions.Serving;

/// <summary>What a prediction answers with; holds the outputs' memory until it is disposed of.</summary>
internal sealed record PredictionAnswer(
    string PredictionId, string Model, string Version, PredictionVariant Variant, InferenceRequest Request, ModelOutputs Outputs, ModelStatistics Statistics) : IDisposable
{
    /// <summary>The prediction whose outputs are given again; null when the model was run.</summary>
    public string? CachedFrom { get; init; }

    /// <summary>Version of the traffic's split that chose the model's version.</summary>
    public required string RoutingVersion { get; init; }

    /// <summary>Reading the request.</summary>
    public TimeSpan Deserialised { get; init; }

    /// <summary>Waiting for the model.</summary>
    public TimeSpan Waited { get; init; }

    /// <summary>Running the model.</summary>
    public TimeSpan Computed { get; init; }

    /// <inheritdoc/>
    public void Dispose() => Outputs.Dispose();
}
