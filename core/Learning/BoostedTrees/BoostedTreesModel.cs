using System.Text.Json.Nodes;
using Iml4e.Inference.Onnx;

namespace Iml4e.Learning.BoostedTrees;

/// <summary>Fitted trees and the same trees in plain arrays.</summary>
internal sealed class BoostedTreesModel : FittedModel
{
    private readonly IBoostedTrees trees;

    /// <summary>Takes over the trees.</summary>
    public BoostedTreesModel(IBoostedTrees trees, TreeChoice choice)
    {
        this.trees = trees;
        Choice = choice;
        Ensemble = XgboostModel.Read(trees.SaveJson());
    }

    public TreeEnsemble Ensemble { get; }

    /// <summary>What a fit on more rows keeps.</summary>
    public TreeChoice Choice { get; }

    public override IReadOnlyList<ParameterCandidate> Searched => Choice.Tried;

    public override double[] Predict(ReadOnlySpan<float> values, int rows)
    {
        // multi:softmax itself answers the class; its margins are those of multi:softprob.
        var predicted = Array.ConvertAll(trees.Predict(values, rows, margin: Ensemble.Objective.IsMulticlass), p => (double)p);
        if (Ensemble.Objective.IsMulticlass)
        {
            for (var r = 0; r < rows; r++)
            {
                var row = predicted.AsSpan(r * Ensemble.Groups, Ensemble.Groups);
                System.Numerics.Tensors.TensorPrimitives.Subtract(row, System.Numerics.Tensors.TensorPrimitives.Max<double>(row), row);
                System.Numerics.Tensors.TensorPrimitives.SoftMax<double>(row, row);
            }
            return predicted;
        }
        if (Ensemble.Objective.Task != LearningTask.Classification)
            return predicted;
        var both = new double[rows * 2];
        for (var r = 0; r < rows; r++)
            (both[2 * r], both[(2 * r) + 1]) = (1.0 - predicted[r], predicted[r]);
        return both;
    }

    public override string Emit(GraphBuilder graph, string features) => TreeEnsembleGraph.Emit(graph, features, Ensemble);

    public override FeatureImportance[] Importances(IReadOnlyList<string> features)
    {
        var total = Ensemble.TotalGain.Sum();
        var result = new FeatureImportance[Ensemble.FeatureCount];
        for (var j = 0; j < result.Length; j++)
        {
            var splits = Ensemble.SplitCounts[j];
            result[j] = new FeatureImportance(features[j], splits > 0 ? Ensemble.TotalGain[j] / splits : 0, total > 0 ? Ensemble.TotalGain[j] / total : 0)
            {
                Splits = splits,
                Cover = splits > 0 ? Ensemble.TotalCover[j] / splits : 0,
            };
        }
        return result;
    }

    public override JsonObject Details() => new()
    {
        ["rounds"] = Ensemble.TreeCount / Ensemble.Groups / Ensemble.ParallelTrees,
        ["trees"] = Ensemble.TreeCount,
        ["nodes"] = Ensemble.NodeIds.Length,
        ["objective"] = Ensemble.Objective.Name,
        ["earlyStoppingLoss"] = Choice.Loss,
    };

    public override void Dispose() => trees.Dispose();
}
