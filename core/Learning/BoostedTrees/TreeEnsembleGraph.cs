using Iml4e.Inference.Onnx;

namespace Iml4e.Learning.BoostedTrees;

/// <summary>Adds a tree ensemble to a graph by the operators of ai.onnx.ml (operator set 3).</summary>
internal static class TreeEnsembleGraph
{
    /// <summary>Classifiers: probabilities [N,C], [N,2] for two classes of one score. All else: the prediction [N,1].</summary>
    public static string Emit(GraphBuilder graph, string features, TreeEnsemble ensemble)
    {
        // The operators' own post transforms are not used: ONNX Runtime leaves LOGISTIC undone for a single target.
        var margin = Margin(graph, features, ensemble);
        return ensemble.Objective.Link switch
        {
            MarginLink.Softmax => graph.Node("Softmax", [margin], [Attr.Int("axis", 1)]),
            MarginLink.Exponential => graph.Node("Exp", [margin]),
            MarginLink.Step => graph.Node(
                "Cast", [graph.Node("Greater", [margin, graph.Initializer("zero", [0f], 1, 1)])], [Attr.Int("to", (long)TensorProto.Types.DataType.Float)]),
            MarginLink.Logistic when ensemble.Objective.Task == LearningTask.Classification =>
                graph.Node("Concat", [graph.Node("Sigmoid", [graph.Node("Neg", [margin])]), graph.Node("Sigmoid", [margin])], [Attr.Int("axis", 1)]),
            MarginLink.Logistic => graph.Node("Sigmoid", [margin]),
            _ => margin,
        };
    }

    /// <summary>TreeEnsembleRegressor: the margins [N, groups].</summary>
    /// <remarks>The base margin is a tree of one leaf, before all others, and not the attribute base_values, which is added last: XGBoost starts from it, and
    /// float32 sums that are made in the same order are the same to the last bit.</remarks>
    public static string Margin(GraphBuilder graph, string features, TreeEnsemble ensemble)
    {
        var groups = Enumerable.Range(0, ensemble.Groups).Select(g => (long)g).ToArray();
        return graph.Node("TreeEnsembleRegressor", [features],
        [
            Attr.Ints("nodes_treeids", [0, .. ensemble.TreeIds.Select(t => t + 1)]),
            Attr.Ints("nodes_nodeids", [0, .. ensemble.NodeIds]),
            Attr.Ints("nodes_featureids", [0, .. ensemble.FeatureIds]),
            Attr.Floats("nodes_values", [0, .. ensemble.Values]),
            Attr.Texts("nodes_modes", [TreeEnsemble.Leaf, .. ensemble.Modes]),
            Attr.Ints("nodes_truenodeids", [0, .. ensemble.TrueIds]),
            Attr.Ints("nodes_falsenodeids", [0, .. ensemble.FalseIds]),
            Attr.Ints("nodes_missing_value_tracks_true", [0, .. ensemble.MissingTracksTrue]),
            Attr.Ints("target_treeids", [.. groups.Select(_ => 0L), .. ensemble.LeafTreeIds.Select(t => t + 1)]),
            Attr.Ints("target_nodeids", [.. groups.Select(_ => 0L), .. ensemble.LeafNodeIds]),
            Attr.Ints("target_ids", [.. groups, .. ensemble.LeafGroups]),
            Attr.Floats("target_weights", [.. groups.Select(_ => ensemble.BaseMargin), .. ensemble.LeafWeights]),
            Attr.Int("n_targets", ensemble.Groups),
            Attr.Text("aggregate_function", "SUM"),
            Attr.Text("post_transform", "NONE"),
        ], OperatorDomains.MachineLearning, "margin");
    }
}
