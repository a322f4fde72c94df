namespace Iml4e.Inference.OpenInference;

/// <summary>An answer, ready to be written.</summary>
/// <param name="ModelName">The model that answered.</param>
/// <param name="ModelVersion">Its version.</param>
/// <param name="Id">The request's id, echoed.</param>
/// <param name="Outputs">The outputs.</param>
/// <param name="Parameters">Parameters such as prediction_id: string, bool or number.</param>
public sealed record InferenceResponse(
    string ModelName, string? ModelVersion, string? Id, IReadOnlyList<Tensor> Outputs, IReadOnlyDictionary<string, object>? Parameters = null);
