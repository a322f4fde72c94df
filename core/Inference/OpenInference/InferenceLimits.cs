namespace Iml4e.Inference.OpenInference;

/// <summary>How large a request may be.</summary>
public static class InferenceLimits
{
    /// <summary>Largest body, in bytes (64 MiB); beyond it the answer is 413.</summary>
    public const int MaximumBodyBytes = 64 << 20;

    /// <summary>Most arrays and objects within each other.</summary>
    public const int MaximumJsonDepth = 16;

    /// <summary>Most inputs, and most requested outputs.</summary>
    public const int MaximumTensors = 256;

    /// <summary>Most dimensions of a tensor.</summary>
    public const int MaximumRank = 64;

    /// <summary>Most parameters of a request, an input or an output.</summary>
    public const int MaximumParameters = 256;
}
