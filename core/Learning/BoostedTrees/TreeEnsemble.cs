namespace Iml4e.Learning.BoostedTrees;

/// <summary>A tree ensemble in plain arrays, one entry a node over all trees, as ai.onnx.ml's tree operators want them.</summary>
/// <remarks>Only nodes that can be reached from node 0 of their tree are listed. A row goes to the left child when its value is strictly less than the threshold.</remarks>
internal sealed record TreeEnsemble
{
    /// <summary>Objective as XGBoost names it, e.g. binary:logistic.</summary>
    public required string Objective { get; init; }

    /// <summary>1, or the number of classes of multi:softprob.</summary>
    public required int Groups { get; init; }

    /// <summary>Number of features of a row.</summary>
    public required int FeatureCount { get; init; }

    /// <summary>What the sum of leaves starts from, on the margin scale.</summary>
    public required float BaseMargin { get; init; }

    /// <summary>Number of trees.</summary>
    public required int TreeCount { get; init; }

    public required long[] TreeIds { get; init; }

    public required long[] NodeIds { get; init; }

    public required long[] FeatureIds { get; init; }

    /// <summary>Thresholds, exact float32; 0 at leaves.</summary>
    public required float[] Values { get; init; }

    public required bool[] IsLeaf { get; init; }

    public required long[] TrueIds { get; init; }

    public required long[] FalseIds { get; init; }

    /// <summary>1 where a missing value goes left.</summary>
    public required long[] MissingTracksTrue { get; init; }

    public required long[] LeafTreeIds { get; init; }

    public required long[] LeafNodeIds { get; init; }

    /// <summary>Class of each leaf's tree; 0 throughout when there is one group.</summary>
    public required long[] LeafGroups { get; init; }

    public required float[] LeafWeights { get; init; }

    /// <summary>Sum of gain by feature over all splits.</summary>
    public required double[] TotalGain { get; init; }

    /// <summary>Number of splits by feature.</summary>
    public required int[] SplitCounts { get; init; }
}
