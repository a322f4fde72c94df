using System.Text.Json;

namespace Iml4e.Learning.BoostedTrees;

/// <summary>Gathers the trees of an XGBoost model, one by one, into the arrays of a <see cref="TreeEnsemble"/>.</summary>
internal sealed class TreeReader(int features)
{
    private readonly List<long> treeIds = [], nodeIds = [], featureIds = [], trueIds = [], falseIds = [], missing = [];
    private readonly List<long> leafTreeIds = [], leafNodeIds = [], leafGroups = [];
    private readonly List<float> values = [], leafWeights = [];
    private readonly List<string> modes = [];
    private readonly double[] gain = new double[features];
    private readonly double[] cover = new double[features];
    private readonly int[] splits = new int[features];

    /// <summary>Adds a tree as XGBoost's JSON has it.</summary>
    public void Add(JsonElement tree, int treeId, long group)
    {
        if (tree.TryGetProperty("tree_param", out var param) && param.TryGetProperty("size_leaf_vector", out _)
            && XgboostModel.Int(param, "size_leaf_vector") > 1)
            throw XgboostModel.Unsupported("size_leaf_vector > 1");
        var left = Ints(tree, "left_children");
        var right = Ints(tree, "right_children");
        var index = Ints(tree, "split_indices");
        var condition = Floats(tree, "split_conditions");
        var change = Floats(tree, "loss_changes");
        var hessian = Floats(tree, "sum_hessian");
        var defaultLeft = tree.GetProperty("default_left").EnumerateArray()
            .Select(e => e.ValueKind == JsonValueKind.True || (e.ValueKind == JsonValueKind.Number && e.GetInt32() != 0)).ToArray();
        var categories = Categories(tree);
        var reached = Reached(left, right);

        long added = left.Length;
        for (var node = 0; node < left.Length; node++)
        {
            if (!reached[node])
                continue;
            if (left[node] == -1)
            {
                Node(treeId, node, TreeEnsemble.Leaf, 0, 0, 0, 0, missingTrue: false);
                leafTreeIds.Add(treeId);
                leafNodeIds.Add(node);
                leafGroups.Add(group);
                // At a leaf split_conditions holds its value, already times eta; base_weights does not.
                leafWeights.Add(condition[node]);
                continue;
            }
            gain[index[node]] += change[node];
            cover[index[node]] += hessian[node];
            splits[index[node]]++;
            if (categories.TryGetValue(node, out var set))
                added = Chain(treeId, node, index[node], set, left[node], right[node], defaultLeft[node], added);
            else
                Node(treeId, node, TreeEnsemble.Less, index[node], condition[node], left[node], right[node], defaultLeft[node]);
        }
    }

    /// <summary>All that was added.</summary>
    public TreeEnsemble ToEnsemble(Objective objective, int groups, float baseMargin, int trees, int parallelTrees) => new()
    {
        Objective = objective,
        Groups = groups,
        FeatureCount = features,
        BaseMargin = baseMargin,
        TreeCount = trees,
        ParallelTrees = Math.Max(1, parallelTrees),
        TreeIds = [.. treeIds],
        NodeIds = [.. nodeIds],
        FeatureIds = [.. featureIds],
        Values = [.. values],
        Modes = [.. modes],
        TrueIds = [.. trueIds],
        FalseIds = [.. falseIds],
        MissingTracksTrue = [.. missing],
        LeafTreeIds = [.. leafTreeIds],
        LeafNodeIds = [.. leafNodeIds],
        LeafGroups = [.. leafGroups],
        LeafWeights = [.. leafWeights],
        TotalGain = gain,
        TotalCover = cover,
        SplitCounts = splits,
    };

    /// <summary>
    /// A split by a set of categories; returns the next free node id. A category of the set goes right, any other left, a missing one where the split says.
    /// </summary>
    private long Chain(int treeId, int node, int feature, int[] set, int left, int right, bool missingLeft, long free)
    {
        long at = node;
        for (var i = 0; i < set.Length; i++)
        {
            var last = i == set.Length - 1;
            Node(treeId, at, TreeEnsemble.EqualTo, feature, set[i], right, last ? left : free, missingTrue: !missingLeft);
            if (!last)
                at = free++;
        }
        return free;
    }

    private void Node(int treeId, long node, string mode, int feature, float value, long whenTrue, long whenFalse, bool missingTrue)
    {
        treeIds.Add(treeId);
        nodeIds.Add(node);
        modes.Add(mode);
        featureIds.Add(feature);
        values.Add(value);
        trueIds.Add(whenTrue);
        falseIds.Add(whenFalse);
        missing.Add(missingTrue ? 1 : 0);
    }

    // The arrays may hold nodes that were pruned: only what is reached from the root counts.
    private static bool[] Reached(int[] left, int[] right)
    {
        var reached = new bool[left.Length];
        var pending = new Stack<int>();
        pending.Push(0);
        while (pending.TryPop(out var node))
        {
            if (reached[node])
                throw XgboostModel.Unsupported("a tree whose nodes are linked in a circle");
            reached[node] = true;
            if (left[node] == -1)
                continue;
            pending.Push(right[node]);
            pending.Push(left[node]);
        }
        return reached;
    }

    /// <summary>The categories that go right, by node, in ascending order.</summary>
    private static Dictionary<int, int[]> Categories(JsonElement tree)
    {
        var sets = new Dictionary<int, int[]>();
        if (!tree.TryGetProperty("split_type", out var types) || types.EnumerateArray().All(t => t.GetInt32() == 0))
            return sets;
        var all = Ints(tree, "categories");
        var nodes = Ints(tree, "categories_nodes");
        var starts = Ints(tree, "categories_segments");
        var sizes = Ints(tree, "categories_sizes");
        for (var i = 0; i < nodes.Length; i++)
            sets[nodes[i]] = [.. all.AsSpan(starts[i], sizes[i]).ToArray().Order()];
        var node = 0;
        foreach (var type in types.EnumerateArray())
        {
            if (type.GetInt32() is not (0 or 1) || (type.GetInt32() == 1) != (sets.TryGetValue(node, out var set) && set.Length > 0))
                throw XgboostModel.Unsupported("a categorical split without its categories");
            node++;
        }
        return sets;
    }

    private static int[] Ints(JsonElement tree, string name) => [.. tree.GetProperty(name).EnumerateArray().Select(e => e.GetInt32())];

    private static float[] Floats(JsonElement tree, string name) => [.. tree.GetProperty(name).EnumerateArray().Select(e => e.GetSingle())];
}
