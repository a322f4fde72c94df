namespace Iml4e.Inference;

/// <summary>How far ONNX Runtime rewrites a graph before running it.</summary>
public enum GraphOptimization
{
    /// <summary>Not at all: every node runs as written.</summary>
    None,

    /// <summary>Constant folding, dead and redundant nodes.</summary>
    Basic,

    /// <summary>Fusions of nodes too.</summary>
    Extended,

    /// <summary>Memory layouts too.</summary>
    All,
}
