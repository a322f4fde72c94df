using Iml4e.Inference.Onnx;

namespace Iml4e.Inference;

/// <summary>How a session uses the machine.</summary>
/// <remarks>The defaults suit small models under concurrent load, where one thread a request beats many (inference-scaling.md, section 7).</remarks>
public sealed record SessionSettings
{
    /// <summary>The settings that hold when none are given.</summary>
    public static SessionSettings Default { get; } = new();

    /// <summary>Threads within one operator; 0 = one a physical core.</summary>
    public int IntraOpThreads { get; init; } = 1;

    /// <summary>Whether idle threads spin: lower latency, at the price of a busy core.</summary>
    public bool AllowSpinning { get; init; }

    /// <summary>Whether buffers come from an arena that only grows.</summary>
    public bool MemoryArena { get; init; } = true;

    /// <summary>Whether buffers are planned ahead; null = only when all input shapes are fixed.</summary>
    public bool? MemoryPattern { get; init; }

    /// <summary>Whether each run gives arena memory back when it ends.</summary>
    public bool ShrinkArena { get; init; }

    /// <summary>Whether numbers too small for full precision are taken for 0, in threads of the session's own; they are many times slower.</summary>
    public bool DenormalsAreZero { get; init; }

    /// <summary>How far the graph is rewritten.</summary>
    public GraphOptimization Optimization { get; init; } = GraphOptimization.All;

    /// <summary>Whether operators of com.microsoft.extensions (images, text) may be used.</summary>
    public bool Extensions { get; init; }

    /// <summary>Time after which a run is ended between two nodes; infinite by default.</summary>
    public TimeSpan LongestRun { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>Largest result that the runtime computes once and keeps instead of the nodes that make it, in bytes (256 MiB).</summary>
    public long MaximumFoldedBytes { get; init; } = 256L << 20;

    /// <summary>How large a model may be.</summary>
    public ModelLimits Limits { get; init; } = ModelLimits.Default;
}
