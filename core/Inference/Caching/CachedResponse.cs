namespace Iml4e.Inference.Caching;

/// <summary>A kept answer.</summary>
/// <param name="Outputs">The outputs, over memory of their own.</param>
/// <param name="PredictionId">The prediction that computed it.</param>
public sealed record CachedResponse(ModelOutputs Outputs, string PredictionId)
{
    /// <summary>Bytes that it takes, with what the cache itself needs for an answer.</summary>
    internal long Bytes { get; } = 256 + Outputs.Sum(output => 64 + (output.Bytes?.Sum(text => 24L + text.Length) ?? output.Data.Length));
}
