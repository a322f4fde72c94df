namespace Iml4e.Inference.Onnx;

/// <summary>How large a model from outside may be before it is refused unread.</summary>
public sealed record ModelLimits
{
    /// <summary>The limits that hold when none are given.</summary>
    public static ModelLimits Default { get; } = new();

    /// <summary>Largest file, in bytes (512 MiB).</summary>
    public long MaximumBytes { get; init; } = 512L << 20;

    /// <summary>Most nodes in all graphs together, functions inlined (500,000).</summary>
    public long MaximumNodes { get; init; } = 500_000;

    /// <summary>Deepest nesting of graphs within nodes (12).</summary>
    public int MaximumDepth { get; init; } = 12;
}
