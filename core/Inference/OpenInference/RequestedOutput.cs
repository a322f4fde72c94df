namespace Iml4e.Inference.OpenInference;

/// <summary>An output that a request asks for.</summary>
/// <param name="Name">Name of the model's output.</param>
/// <param name="Parameters">Parameters: string, bool, long or double.</param>
public sealed record RequestedOutput(string Name, IReadOnlyDictionary<string, object>? Parameters = null)
{
    /// <summary>Whether it is wanted as binary data; null = as the request says for all.</summary>
    public bool? BinaryData => Parameters is not null && Parameters.TryGetValue("binary_data", out var value) && value is bool binary ? binary : null;
}
