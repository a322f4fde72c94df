namespace Iml4e.Inference.Onnx;

/// <summary>How large a model from outside may be, and each of its parts, before it is refused unread.</summary>
public sealed record ModelLimits
{
    /// <summary>The limits that hold when none are given.</summary>
    public static ModelLimits Default { get; } = new();

    /// <summary>Largest file, in bytes (512 MiB).</summary>
    public long MaximumBytes { get; init; } = 512L << 20;

    /// <summary>Most nodes in all graphs together, functions inlined (50,000).</summary>
    public long MaximumNodes { get; init; } = 50_000;

    /// <summary>Most tensors stored in the file (50,000).</summary>
    public long MaximumTensors { get; init; } = 50_000;

    /// <summary>Most attributes of all nodes together (500,000).</summary>
    public long MaximumAttributes { get; init; } = 500_000;

    /// <summary>Most functions that a model brings along (10,000).</summary>
    public long MaximumFunctions { get; init; } = 10_000;

    /// <summary>Most inputs, and most outputs, of the model (2,000).</summary>
    public int MaximumInterface { get; init; } = 2_000;

    /// <summary>Deepest nesting of graphs within nodes (12).</summary>
    public int MaximumDepth { get; init; } = 12;

    /// <summary>Deepest nesting of protobuf messages (64); a graph within a node takes three.</summary>
    public int MaximumNesting { get; init; } = 64;

    /// <summary>Longest name of a node, value, operator, dimension or property, in bytes of UTF-8 (4,096).</summary>
    public int MaximumNameBytes { get; init; } = 4096;

    /// <summary>Most dimensions of a tensor (64).</summary>
    public int MaximumRank { get; init; } = 64;

    /// <summary>All properties of the model (metadata_props) together, in bytes (1 MiB): they are stored with each version.</summary>
    public long MaximumPropertyBytes { get; init; } = 1 << 20;

    /// <summary>Largest tensor that a model may declare, or make out of constants, in bytes (1 GiB).</summary>
    public long MaximumTensorBytes { get; init; } = 1L << 30;

    /// <summary>Most rounds of a loop whose number is fixed in the model and which nothing can end before (1,000,000).</summary>
    public long MaximumIterations { get; init; } = 1_000_000;

    /// <summary>
    /// Most nodes that a prediction runs, rounds of loops counted, as far as the model fixes how many (10,000,000): ONNX Runtime takes a microsecond for each, or
    /// longer.
    /// </summary>
    public long MaximumNodeRuns { get; init; } = 10_000_000;

    /// <summary>
    /// Memory that reading the file may take beyond three times its size, in bytes (64 MiB): a byte on the wire may become an object of a hundred.
    /// </summary>
    public long MaximumOverheadBytes { get; init; } = 64L << 20;
}
