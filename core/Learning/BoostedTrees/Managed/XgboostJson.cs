using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Iml4e.Learning.BoostedTrees.Managed;

/// <summary>Writes trees as XGBoost's JSON, so that whatever reads XGBoost's models reads these.</summary>
internal static class XgboostJson
{
    /// <summary>The model, UTF-8.</summary>
    public static byte[] Write(ManagedSettings settings, int features, IReadOnlyList<GrownTree> trees) => JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        ["learner"] = new JsonObject
        {
            ["attributes"] = new JsonObject(),
            ["feature_names"] = new JsonArray(),
            ["feature_types"] = new JsonArray(),
            ["gradient_booster"] = new JsonObject
            {
                ["model"] = new JsonObject
                {
                    ["gbtree_model_param"] = new JsonObject { ["num_parallel_tree"] = "1", ["num_trees"] = Text(trees.Count), ["size_leaf_vector"] = "0" },
                    ["tree_info"] = List(trees.Select((_, i) => i % settings.Groups)),
                    ["trees"] = new JsonArray([.. trees.Select((t, i) => Tree(t, i, features))]),
                },
                ["name"] = "gbtree",
            },
            ["learner_model_param"] = new JsonObject
            {
                ["base_score"] = settings.BaseScore.ToString("R", CultureInfo.InvariantCulture),
                ["num_class"] = Text(settings.Groups > 1 ? settings.Groups : 0),
                ["num_feature"] = Text(features),
                ["num_target"] = "1",
            },
            ["objective"] = new JsonObject
            {
                ["name"] = settings.Objective.Name,
                [settings.Objective.IsMulticlass ? "softmax_multiclass_param" : "reg_loss_param"] =
                    new JsonObject { [settings.Objective.IsMulticlass ? "num_class" : "scale_pos_weight"] = Text(settings.Groups) },
            },
        },
        ["version"] = new JsonArray(1, 7, 4),
    });

    private static JsonNode Tree(GrownTree tree, int id, int features)
    {
        var nodes = tree.Nodes;
        return new JsonObject
        {
            ["base_weights"] = Floats(nodes.Select(n => n.Left < 0 ? n.Value : 0f)),
            ["categories"] = new JsonArray(),
            ["categories_nodes"] = new JsonArray(),
            ["categories_segments"] = new JsonArray(),
            ["categories_sizes"] = new JsonArray(),
            ["default_left"] = List(nodes.Select(n => n.MissingLeft ? 1 : 0)),
            ["id"] = id,
            ["left_children"] = List(nodes.Select(n => n.Left)),
            ["loss_changes"] = Floats(nodes.Select(n => (float)n.Gain)),
            ["parents"] = List(nodes.Select(n => n.Parent)),
            ["right_children"] = List(nodes.Select(n => n.Right)),
            ["split_conditions"] = Floats(nodes.Select(n => n.Value)),
            ["split_indices"] = List(nodes.Select(n => n.Feature)),
            ["split_type"] = List(nodes.Select(_ => 0)),
            ["sum_hessian"] = Floats(nodes.Select(n => (float)n.Hessian)),
            ["tree_param"] = new JsonObject
            {
                ["num_deleted"] = "0", ["num_feature"] = Text(features), ["num_nodes"] = Text(nodes.Count), ["size_leaf_vector"] = "0",
            },
        };
    }

    private static JsonArray List<T>(IEnumerable<T> values) => new([.. values.Select(v => (JsonNode?)JsonValue.Create(v))]);

    // XGBoost takes a number without a point or an exponent for an integer, and refuses it where a float belongs.
    private static JsonNode Floats(IEnumerable<float> values) => JsonNode.Parse($"[{string.Join(',', values.Select(Float))}]")!;

    private static string Float(float value)
    {
        if (!float.IsFinite(value))
            throw new TrainingException("training.diverged", "a value of the trees is no number; labels or parameters are too extreme");
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().IndexOfAny('.', 'E') < 0 ? text + "E0" : text;
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
