namespace Iml4e.Learning.BoostedTrees.Managed;

/// <summary>A tree made without the native library.</summary>
internal sealed class GrownTree
{
    public List<Node> Nodes { get; } = [];

    /// <summary>The leaf value that a row ends at.</summary>
    public float Predict(ReadOnlySpan<float> row)
    {
        var node = Nodes[0];
        while (node.Left >= 0)
            node = Nodes[GoesLeft(node, row[node.Feature]) ? node.Left : node.Right];
        return node.Value;
    }

    /// <summary>Whether a value takes the left child.</summary>
    public static bool GoesLeft(Node node, float value) => float.IsNaN(value) ? node.MissingLeft : value < node.Value;

    /// <summary>A node, split or leaf.</summary>
    /// <param name="Gradient">Sum of gradients of its rows.</param>
    /// <param name="Hessian">Sum of Hessians.</param>
    internal sealed record Node(double Gradient, double Hessian)
    {
        /// <summary>-1 at a leaf.</summary>
        public int Left { get; set; } = -1;

        public int Right { get; set; } = -1;

        public int Parent { get; init; } = int.MaxValue;

        public int Feature { get; set; }

        /// <summary>The threshold of a split, the value of a leaf.</summary>
        public float Value { get; set; }

        public bool MissingLeft { get; set; }

        public double Gain { get; set; }
    }
}
