using Iml4e.Inference.Onnx;

namespace Iml4e.Learning.BoostedTrees;

/// <summary>Adds a tree ensemble to a graph by the operators of ai.onnx.ml (operator set 3).</summary>
internal static class TreeEnsembleGraph
{
    /// <summary>Regression: the prediction [N,1]. Two classes: probabilities [N,2]. More: probabilities [N,C].</summary>
    public static string Emit(GraphBuilder graph, string features, TreeEnsemble ensemble)
    {
        if (ensemble.Objective == "multi:softprob")
            return Classifier(graph, features, ensemble).Probabilities;
        if (ensemble.Objective == "reg:squarederror")
            return Regressor(graph, features, ensemble);
        // ONNX Runtime's regressor leaves the post transform LOGISTIC undone for a single target.
        var margin = Regressor(graph, features, ensemble);
        var complement = graph.Node("Sigmoid", [graph.Node("Neg", [margin])]);
        return graph.Node("Concat", [complement, graph.Node("Sigmoid", [margin])], [Attr.Int("axis", 1)]);
    }

    /// <summary>TreeEnsembleRegressor: the margin, which for regression is the prediction, [N,1].</summary>
    public static string Regressor(GraphBuilder graph, string features, TreeEnsemble ensemble) =>
        graph.Node("TreeEnsembleRegressor", [features],
        [
            .. Nodes(ensemble),
            Attr.Ints("target_treeids", ensemble.LeafTreeIds),
            Attr.Ints("target_nodeids", ensemble.LeafNodeIds),
            Attr.Ints("target_ids", ensemble.LeafGroups),
            Attr.Floats("target_weights", ensemble.LeafWeights),
            Attr.Int("n_targets", 1),
            Attr.Text("aggregate_function", "SUM"),
            Attr.Text("post_transform", "NONE"),
            Attr.Floats("base_values", [ensemble.BaseMargin]),
        ], OperatorDomains.MachineLearning, "margin");

    /// <summary>TreeEnsembleClassifier: label INT64 [N] and probabilities [N,C]; two classes by LOGISTIC, more by SOFTMAX.</summary>
    public static (string Label, string Probabilities) Classifier(GraphBuilder graph, string features, TreeEnsemble ensemble)
    {
        var classes = Math.Max(2, ensemble.Groups);
        var outputs = graph.Nodes("TreeEnsembleClassifier", [features], ["class", "class_probabilities"],
        [
            .. Nodes(ensemble),
            Attr.Ints("class_treeids", ensemble.LeafTreeIds),
            Attr.Ints("class_nodeids", ensemble.LeafNodeIds),
            Attr.Ints("class_ids", ensemble.LeafGroups),
            Attr.Floats("class_weights", ensemble.LeafWeights),
            Attr.Ints("classlabels_int64s", Enumerable.Range(0, classes).Select(c => (long)c)),
            Attr.Text("post_transform", ensemble.Groups > 1 ? "SOFTMAX" : "LOGISTIC"),
            Attr.Floats("base_values", Enumerable.Repeat(ensemble.BaseMargin, ensemble.Groups)),
        ], OperatorDomains.MachineLearning);
        return (outputs[0], outputs[1]);
    }

    /// <summary>The node attributes, as the specification of the operators names them.</summary>
    public static AttributeProto[] Nodes(TreeEnsemble ensemble) =>
    [
        Attr.Ints("nodes_treeids", ensemble.TreeIds),
        Attr.Ints("nodes_nodeids", ensemble.NodeIds),
        Attr.Ints("nodes_featureids", ensemble.FeatureIds),
        Attr.Floats("nodes_values", ensemble.Values),
        // XGBoost goes left when the value is strictly less than the threshold.
        Attr.Texts("nodes_modes", ensemble.IsLeaf.Select(leaf => leaf ? "LEAF" : "BRANCH_LT")),
        Attr.Ints("nodes_truenodeids", ensemble.TrueIds),
        Attr.Ints("nodes_falsenodeids", ensemble.FalseIds),
        Attr.Ints("nodes_missing_value_tracks_true", ensemble.MissingTracksTrue),
    ];
}
