namespace Iml4e.Learning.BoostedTrees.Managed;

/// <summary>Grows one tree level by level and tries every threshold of every feature, with missing values on either side.</summary>
/// <remarks>Chen and Guestrin, KDD 2016, algorithms 1 and 3. A side weighs <c>G² / (H + lambda)</c>, G drawn towards 0 by alpha; a split gains what its sides
/// weigh beyond the whole; a leaf is <c>-eta G / (H + lambda)</c>.</remarks>
internal sealed class ExactGreedy
{
    // XGBoost's: a gain below it is rounding.
    private const double LeastGain = 1e-6;
    private readonly FitData data;
    private readonly ManagedSettings settings;
    private readonly int[][] sorted;
    private readonly bool[] anyMissing;

    public ExactGreedy(FitData data, ManagedSettings settings)
    {
        this.data = data;
        this.settings = settings;
        sorted = new int[data.Columns][];
        anyMissing = new bool[data.Columns];
        for (var feature = 0; feature < data.Columns; feature++)
        {
            var place = feature;
            sorted[feature] = [.. Enumerable.Range(0, data.Rows).Where(r => !float.IsNaN(Value(r, place))).OrderBy(r => Value(r, place))];
            anyMissing[feature] = sorted[feature].Length < data.Rows;
        }
    }

    /// <summary>Grows a tree on the features given, in ascending order.</summary>
    public GrownTree Grow(double[] gradients, double[] hessians, IReadOnlyList<int> features)
    {
        var tree = new GrownTree();
        tree.Nodes.Add(new GrownTree.Node(gradients.Sum(), hessians.Sum()));
        var position = new int[data.Rows];
        var first = 0;
        for (var depth = 0; depth < settings.MaxDepth && first < tree.Nodes.Count; depth++)
        {
            var level = new Level(tree.Nodes, first, settings);
            foreach (var feature in features)
            {
                // Where no value is missing one direction sees all there is.
                Scan(level, feature, position, gradients, hessians, fromLeft: false);
                if (anyMissing[feature])
                    Scan(level, feature, position, gradients, hessians, fromLeft: true);
            }
            first = tree.Nodes.Count;
            level.Expand();
            for (var row = 0; row < position.Length; row++)
                if (tree.Nodes[position[row]] is { Left: >= 0 } node)
                    position[row] = GrownTree.GoesLeft(node, Value(row, node.Feature)) ? node.Left : node.Right;
        }
        Prune(tree.Nodes, 0);
        foreach (var leaf in tree.Nodes.Where(n => n.Left < 0))
            leaf.Value = (float)(settings.Eta * settings.Weight(leaf.Gradient, leaf.Hessian));
        return tree;
    }

    private float Value(int row, int feature) => data.Values[(row * data.Columns) + feature];

    private void Scan(Level level, int feature, int[] position, double[] gradients, double[] hessians, bool fromLeft)
    {
        level.Begin(feature, fromLeft);
        var order = sorted[feature];
        for (var i = 0; i < order.Length; i++)
        {
            var row = order[fromLeft ? i : order.Length - 1 - i];
            if (position[row] >= level.First)
                level.Pass(position[row], Value(row, feature), gradients[row], hessians[row]);
        }
        level.End();
    }

    /// <summary>Takes back splits below gamma whose children are leaves; true when the node is one after it.</summary>
    private bool Prune(List<GrownTree.Node> nodes, int at)
    {
        var node = nodes[at];
        if (node.Left < 0)
            return true;
        // Both children are looked at, whatever comes of the first.
        var bare = Prune(nodes, node.Left) & Prune(nodes, node.Right);
        if (!bare || node.Gain >= settings.Gamma)
            return false;
        (node.Left, node.Right) = (-1, -1);
        return true;
    }

    /// <summary>The best split so far of each node of one level, and the sums of the scan under way.</summary>
    private sealed class Level(List<GrownTree.Node> nodes, int first, ManagedSettings settings)
    {
        private readonly Side[] sides = new Side[nodes.Count - first];
        private readonly Split[] best = new Split[nodes.Count - first];
        private int feature;
        private bool fromLeft;

        public int First => first;

        public void Begin(int of, bool left)
        {
            (feature, fromLeft) = (of, left);
            Array.Clear(sides);
        }

        public void Pass(int at, float value, double gradient, double hessian)
        {
            ref var side = ref sides[at - first];
            if (side.Any && value != side.Last)
                Try(at - first, Between(Math.Min(value, side.Last), Math.Max(value, side.Last)));
            side = new Side(side.Gradient + gradient, side.Hessian + hessian, value, true);
        }

        /// <summary>All that is present on one side, what is missing on the other.</summary>
        public void End()
        {
            for (var i = 0; i < sides.Length; i++)
                if (sides[i] is { Any: true } side)
                    Try(i, fromLeft ? side.Last + (Math.Abs(side.Last) + (float)LeastGain) : side.Last - (Math.Abs(side.Last) + (float)LeastGain));
        }

        public void Expand()
        {
            for (var i = 0; i < best.Length; i++)
            {
                if (best[i].Gain <= LeastGain)
                    continue;
                var node = nodes[first + i];
                (node.Feature, node.Value, node.MissingLeft, node.Gain) = (best[i].Feature, best[i].Threshold, best[i].MissingLeft, best[i].Gain);
                node.Left = nodes.Count;
                nodes.Add(new GrownTree.Node(best[i].Gradient, best[i].Hessian) { Parent = first + i });
                node.Right = nodes.Count;
                nodes.Add(new GrownTree.Node(node.Gradient - best[i].Gradient, node.Hessian - best[i].Hessian) { Parent = first + i });
            }
        }

        private void Try(int i, float threshold)
        {
            var (own, node) = (sides[i], nodes[first + i]);
            double otherGradient = node.Gradient - own.Gradient, otherHessian = node.Hessian - own.Hessian;
            if (own.Hessian < settings.MinChildWeight || otherHessian < settings.MinChildWeight)
                return;
            var gain = settings.Score(own.Gradient, own.Hessian) + settings.Score(otherGradient, otherHessian) - settings.Score(node.Gradient, node.Hessian);
            if (gain > best[i].Gain && float.IsFinite(threshold))
                best[i] = new Split(gain, feature, threshold, !fromLeft, fromLeft ? own.Gradient : otherGradient, fromLeft ? own.Hessian : otherHessian);
        }

        // A threshold that is the larger value still parts the two: the smaller is below it.
        private static float Between(float lower, float upper) =>
            (lower * 0.5f) + (upper * 0.5f) is var middle && middle > lower && middle <= upper ? middle : upper;
    }

    private readonly record struct Side(double Gradient, double Hessian, float Last, bool Any);

    /// <param name="Gain">0 when there is no split.</param>
    private readonly record struct Split(double Gain, int Feature, float Threshold, bool MissingLeft, double Gradient, double Hessian);
}
