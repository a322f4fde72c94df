namespace Iml4e.Learning.BoostedTrees;

/// <summary>A tree ensemble in plain arrays, one entry a node over all trees, as ai.onnx.ml's tree operators want them.</summary>
/// <remarks>
/// Only nodes that can be reached from node 0 of their tree are listed. At a numeric split a row goes to the left child, the true one, when its value is
/// strictly less than the threshold. A categorical split sends the categories of a set to the right child; it becomes a chain of equality tests, one a
/// category, which share that child as their true one and of which the last has the left child as its false one.
/// </remarks>
internal sealed record TreeEnsemble
{
    /// <summary>Mode of a leaf.</summary>
    public const string Leaf = "LEAF";

    /// <summary>Mode of a numeric split.</summary>
    public const string Less = "BRANCH_LT";

    /// <summary>Mode of one test of a categorical split.</summary>
    public const string EqualTo = "BRANCH_EQ";

    /// <summary>What the margins mean.</summary>
    public required Objective Objective { get; init; }

    /// <summary>1, or the number of classes of a multiclass objective.</summary>
    public required int Groups { get; init; }

    /// <summary>Number of features of a row.</summary>
    public required int FeatureCount { get; init; }

    /// <summary>What the sum of leaves starts from, on the margin scale.</summary>
    public required float BaseMargin { get; init; }

    /// <summary>Number of trees.</summary>
    public required int TreeCount { get; init; }

    /// <summary>Trees that each round adds for a group: more than one makes the rounds small forests, whose leaves are scaled already.</summary>
    public required int ParallelTrees { get; init; }

    public required long[] TreeIds { get; init; }

    public required long[] NodeIds { get; init; }

    public required long[] FeatureIds { get; init; }

    /// <summary>Thresholds and categories, exact float32; 0 at leaves.</summary>
    public required float[] Values { get; init; }

    /// <summary><see cref="Leaf"/>, <see cref="Less"/> or <see cref="EqualTo"/>.</summary>
    public required string[] Modes { get; init; }

    public required long[] TrueIds { get; init; }

    public required long[] FalseIds { get; init; }

    /// <summary>1 where a missing value takes the true child.</summary>
    public required long[] MissingTracksTrue { get; init; }

    public required long[] LeafTreeIds { get; init; }

    public required long[] LeafNodeIds { get; init; }

    /// <summary>Class of each leaf's tree; 0 throughout when there is one group.</summary>
    public required long[] LeafGroups { get; init; }

    public required float[] LeafWeights { get; init; }

    /// <summary>Sum of gain by feature over all splits.</summary>
    public required double[] TotalGain { get; init; }

    /// <summary>Sum of the Hessians over all splits by feature.</summary>
    public required double[] TotalCover { get; init; }

    /// <summary>Number of splits by feature.</summary>
    public required int[] SplitCounts { get; init; }
}
