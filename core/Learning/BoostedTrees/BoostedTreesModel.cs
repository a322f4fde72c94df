using System.Text.Json.Nodes;
using Iml4e.Inference.Onnx;

namespace Iml4e.Learning.BoostedTrees;

/// <summary>A fitted booster and the same trees in plain arrays.</summary>
internal sealed class BoostedTreesModel : FittedModel
{
    private readonly Booster booster;
    private readonly int threads;
    private readonly double? validationLoss;

    /// <summary>Takes over the booster.</summary>
    public BoostedTreesModel(Booster booster, int threads, double? validationLoss)
    {
        this.booster = booster;
        this.threads = threads;
        this.validationLoss = validationLoss;
        Ensemble = XgboostModel.Read(booster.SaveJson());
    }

    public TreeEnsemble Ensemble { get; }

    public override int? Rounds => Ensemble.TreeCount / Ensemble.Groups;

    public override double[] Predict(ReadOnlySpan<float> values, int rows)
    {
        using var matrix = new DMatrix(values, rows, Ensemble.FeatureCount, [], threads);
        var predicted = booster.Predict(matrix);
        if (Ensemble.Objective != "binary:logistic")
            return Array.ConvertAll(predicted, p => (double)p);
        var both = new double[rows * 2];
        for (var r = 0; r < rows; r++)
            (both[2 * r], both[(2 * r) + 1]) = (1.0 - predicted[r], predicted[r]);
        return both;
    }

    public override string Emit(GraphBuilder graph, string features) => TreeEnsembleGraph.Emit(graph, features, Ensemble);

    /// <summary>Mean gain of a feature's splits; shares are those of the total gain.</summary>
    public override (double Value, double Share)[] Importances()
    {
        var total = Ensemble.TotalGain.Sum();
        var result = new (double, double)[Ensemble.FeatureCount];
        for (var j = 0; j < result.Length; j++)
            result[j] = (Ensemble.SplitCounts[j] > 0 ? Ensemble.TotalGain[j] / Ensemble.SplitCounts[j] : 0, total > 0 ? Ensemble.TotalGain[j] / total : 0);
        return result;
    }

    public override JsonObject Details() => new()
    {
        ["rounds"] = Rounds,
        ["trees"] = Ensemble.TreeCount,
        ["nodes"] = Ensemble.NodeIds.Length,
        ["objective"] = Ensemble.Objective,
        ["earlyStoppingLoss"] = validationLoss,
    };

    public override void Dispose() => booster.Dispose();
}
