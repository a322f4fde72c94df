using System.Globalization;
using System.Text.Json;

namespace Iml4e.Learning.BoostedTrees;

/// <summary>Reads XGBoost's JSON model (versions 1.7 to 3) into a <see cref="TreeEnsemble"/>.</summary>
internal static class XgboostModel
{
    /// <summary>Reads the model; what ONNX could not carry faithfully is refused by name (<c>xgb.unsupported_model</c>).</summary>
    public static TreeEnsemble Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Read(document.RootElement);
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or IndexOutOfRangeException)
        {
            throw new TrainingException("xgb.unsupported_model", "not an XGBoost JSON model", problem);
        }
    }

    private static TreeEnsemble Read(JsonElement root)
    {
        var learner = root.GetProperty("learner");
        var objective = learner.GetProperty("objective").GetProperty("name").GetString()!;
        var booster = learner.GetProperty("gradient_booster");
        var name = booster.GetProperty("name").GetString();
        if (name != "gbtree")
            throw Unsupported($"booster '{name}' (only gbtree)");
        if (objective is not ("binary:logistic" or "reg:logistic" or "reg:squarederror" or "multi:softprob"))
            throw Unsupported($"objective '{objective}' (only binary:logistic, reg:logistic, reg:squarederror, multi:softprob)");
        var parameters = learner.GetProperty("learner_model_param");
        var classes = Int(parameters, "num_class");
        if ((objective == "multi:softprob") != (classes > 1))
            throw Unsupported($"num_class {classes} with objective '{objective}'");
        if (parameters.TryGetProperty("num_target", out _) && Int(parameters, "num_target") > 1)
            throw Unsupported("num_target > 1");
        var model = booster.GetProperty("model");
        if (Int(model.GetProperty("gbtree_model_param"), "num_parallel_tree") > 1)
            throw Unsupported("num_parallel_tree > 1");

        var baseScore = Base(parameters.GetProperty("base_score").GetString()!);
        var reader = new Reader(Int(parameters, "num_feature"), Math.Max(classes, 1));
        var groups = model.GetProperty("tree_info").EnumerateArray().Select(e => e.GetInt64()).ToArray();
        var tree = 0;
        foreach (var element in model.GetProperty("trees").EnumerateArray())
            reader.Add(element, tree, groups[tree++]);
        // The margin of a probability is its logit; XGBoost computes it in float32 as -log(1/p - 1).
        var baseMargin = objective is "binary:logistic" or "reg:logistic" ? -MathF.Log((1f / baseScore) - 1f) : baseScore;
        return reader.ToEnsemble(objective, baseMargin, tree);
    }

    private static int Int(JsonElement element, string name)
    {
        var value = element.GetProperty(name);
        return value.ValueKind == JsonValueKind.Number ? value.GetInt32() : int.Parse(value.GetString()!, CultureInfo.InvariantCulture);
    }

    // A text such as "3E-1"; from version 3 an array in brackets, "[3E-1]".
    private static float Base(string text)
    {
        var parts = text.Trim('[', ']').Split(',');
        var first = float.Parse(parts[0], NumberStyles.Float, CultureInfo.InvariantCulture);
        foreach (var part in parts)
            if (float.Parse(part, NumberStyles.Float, CultureInfo.InvariantCulture) != first)
                throw Unsupported("base_score that differs by class");
        return first;
    }

    private static TrainingException Unsupported(string what) => new("xgb.unsupported_model", $"the model uses {what}, which is not converted to ONNX");

    private sealed class Reader(int features, int groups)
    {
        private readonly List<long> treeIds = [], nodeIds = [], featureIds = [], trueIds = [], falseIds = [], missing = [];
        private readonly List<long> leafTreeIds = [], leafNodeIds = [], leafGroups = [];
        private readonly List<float> values = [], leafWeights = [];
        private readonly List<bool> leaves = [];
        private readonly double[] gain = new double[features];
        private readonly int[] splits = new int[features];

        public void Add(JsonElement tree, int treeId, long group)
        {
            if (tree.TryGetProperty("tree_param", out var param) && param.TryGetProperty("size_leaf_vector", out _) && Int(param, "size_leaf_vector") > 1)
                throw Unsupported("size_leaf_vector > 1");
            if (tree.TryGetProperty("split_type", out var types) && types.EnumerateArray().Any(t => t.GetInt32() != 0))
                throw Unsupported("categorical splits (split_type != 0)");
            var left = Ints(tree, "left_children");
            var right = Ints(tree, "right_children");
            var index = Ints(tree, "split_indices");
            var condition = tree.GetProperty("split_conditions").EnumerateArray().Select(e => e.GetSingle()).ToArray();
            var defaultLeft = tree.GetProperty("default_left").EnumerateArray()
                .Select(e => e.ValueKind == JsonValueKind.True || (e.ValueKind == JsonValueKind.Number && e.GetInt32() != 0)).ToArray();
            var change = tree.GetProperty("loss_changes").EnumerateArray().Select(e => e.GetSingle()).ToArray();

            // The arrays may hold nodes that were pruned: only what is reached from the root counts.
            var reached = new bool[left.Length];
            var pending = new Stack<int>();
            pending.Push(0);
            while (pending.TryPop(out var node))
            {
                if (reached[node])
                    throw Unsupported("a tree whose nodes are linked in a circle");
                reached[node] = true;
                if (left[node] == -1)
                    continue;
                pending.Push(right[node]);
                pending.Push(left[node]);
            }

            for (var node = 0; node < left.Length; node++)
            {
                if (!reached[node])
                    continue;
                var leaf = left[node] == -1;
                treeIds.Add(treeId);
                nodeIds.Add(node);
                leaves.Add(leaf);
                featureIds.Add(leaf ? 0 : index[node]);
                values.Add(leaf ? 0 : condition[node]);
                trueIds.Add(leaf ? 0 : left[node]);
                falseIds.Add(leaf ? 0 : right[node]);
                missing.Add(!leaf && defaultLeft[node] ? 1 : 0);
                if (leaf)
                {
                    leafTreeIds.Add(treeId);
                    leafNodeIds.Add(node);
                    leafGroups.Add(group);
                    // At a leaf split_conditions holds its value, already times eta; base_weights does not.
                    leafWeights.Add(condition[node]);
                }
                else
                {
                    gain[index[node]] += change[node];
                    splits[index[node]]++;
                }
            }
        }

        public TreeEnsemble ToEnsemble(string objective, float baseMargin, int trees) => new()
        {
            Objective = objective,
            Groups = groups,
            FeatureCount = features,
            BaseMargin = baseMargin,
            TreeCount = trees,
            TreeIds = [.. treeIds],
            NodeIds = [.. nodeIds],
            FeatureIds = [.. featureIds],
            Values = [.. values],
            IsLeaf = [.. leaves],
            TrueIds = [.. trueIds],
            FalseIds = [.. falseIds],
            MissingTracksTrue = [.. missing],
            LeafTreeIds = [.. leafTreeIds],
            LeafNodeIds = [.. leafNodeIds],
            LeafGroups = [.. leafGroups],
            LeafWeights = [.. leafWeights],
            TotalGain = gain,
            SplitCounts = splits,
        };

        private static int[] Ints(JsonElement tree, string name) => [.. tree.GetProperty(name).EnumerateArray().Select(e => e.GetInt32())];
    }
}
