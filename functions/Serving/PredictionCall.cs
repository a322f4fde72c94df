using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.Serving;

/// <summary>What a prediction is asked for with.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Version">A version asked for explicitly; null to let routing choose.</param>
/// <param name="Body">The Open Inference Protocol request.</param>
/// <param name="Headers">Request headers, for the assignment unit.</param>
/// <param name="Deadline">By when, and whether the caller is still there.</param>
internal sealed record PredictionCall(string Model, string? Version, InferenceBody Body, IHeaderDictionary Headers, RequestDeadline Deadline)
{
    /// <summary>A request header; null when it is not there.</summary>
    public string? Header(string name) => Headers.TryGetValue(name, out var value) ? value.ToString() : null;
}
