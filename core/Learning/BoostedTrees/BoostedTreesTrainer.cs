using System.Globalization;

namespace Iml4e.Learning.BoostedTrees;

/// <summary>Gradient boosted trees by XGBoost's histogram method, with early stopping.</summary>
/// <remarks>Chen and Guestrin, "XGBoost: a scalable tree boosting system", KDD 2016. Defaults: rounds 1000, early_stopping_rounds 50, eta 0.05, max_depth 4,
/// min_child_weight 5, subsample 0.8, colsample_bytree 0.8, lambda 1, alpha 0, gamma 0, max_bin 256, tree_method hist, nthread 1. Regression starts from the
/// mean of the labels. The number of threads is part of the result (sums of float32 depend on their order), so it is fixed and not the
/// machine's; and one thread alone does not suffer where cores are shared, while several wait for one another at each node's barrier.</remarks>
internal sealed class BoostedTreesTrainer : ModelTrainer
{
    private readonly LearningTask task;
    private readonly Dictionary<string, string> parameters;
    private readonly int rounds;
    private readonly int patience;
    private readonly int threads;

    public BoostedTreesTrainer(LearningTask task, int seed, ParameterReader reader)
    {
        this.task = task;
        rounds = reader.Int("rounds", 1000, 1, 10_000);
        patience = reader.Int("early_stopping_rounds", 50, 0, 10_000);
        parameters = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["eta"] = Text(reader.Number("eta", 0.05, 0, 1, leastExcluded: true)),
            ["max_depth"] = Text(reader.Int("max_depth", 4, 1, 16)),
            ["min_child_weight"] = Text(reader.Number("min_child_weight", 5, 0, 1e9)),
            ["subsample"] = Text(reader.Number("subsample", 0.8, 0, 1, leastExcluded: true)),
            ["colsample_bytree"] = Text(reader.Number("colsample_bytree", 0.8, 0, 1, leastExcluded: true)),
            ["lambda"] = Text(reader.Number("lambda", 1, 0, 1e9)),
            ["alpha"] = Text(reader.Number("alpha", 0, 0, 1e9)),
            ["gamma"] = Text(reader.Number("gamma", 0, 0, 1e9)),
            ["max_bin"] = Text(reader.Int("max_bin", 256, 2, 65_536)),
            ["tree_method"] = reader.Choice("tree_method", "hist", "hist", "exact", "approx"),
            ["seed"] = Text(seed),
        };
        // max_bin is known to the histogram methods alone.
        if (parameters["tree_method"] == "exact")
            parameters.Remove("max_bin");
        threads = reader.Int("nthread", 1, 1, 64);
        parameters["nthread"] = Text(threads);
        parameters["verbosity"] = "0";
    }

    public override string Name => "boosted-trees";

    public override bool UsesValidation => patience > 0;

    public override FittedModel Fit(FitData train, FitData? validation, int? rounds, Action<double>? progress, CancellationToken ct)
    {
        using var matrix = Matrix(train);
        using var held = validation is { Rows: > 0 } && patience > 0 ? Matrix(validation) : null;
        var settings = Settings(train);
        using var booster = new Booster(held is null ? [matrix] : [matrix, held], settings);
        var count = rounds ?? this.rounds;
        var best = (Round: 0, Loss: double.PositiveInfinity);
        var done = 0;
        for (; done < count; done++)
        {
            ct.ThrowIfCancellationRequested();
            booster.Update(done, matrix);
            progress?.Invoke((done + 1.0) / count);
            if (held is null)
                continue;
            var loss = booster.Evaluate(done, held);
            if (loss < best.Loss)
                best = (done, loss);
            else if (done - best.Round >= patience)
                break;
        }
        progress?.Invoke(1);
        return new BoostedTreesModel(held is null ? booster.First(count) : booster.First(best.Round + 1), threads, held is null ? null : best.Loss);
    }

    private Dictionary<string, string> Settings(FitData train)
    {
        var settings = new Dictionary<string, string>(parameters, StringComparer.Ordinal);
        if (task == LearningTask.Regression)
        {
            settings["objective"] = "reg:squarederror";
            settings["eval_metric"] = "rmse";
            settings["base_score"] = Text((float)train.Targets.Average());
        }
        else if (train.ClassCount == 2)
        {
            settings["objective"] = "binary:logistic";
            settings["eval_metric"] = "logloss";
        }
        else
        {
            settings["objective"] = "multi:softprob";
            settings["eval_metric"] = "mlogloss";
            settings["num_class"] = Text(train.ClassCount);
        }
        return settings;
    }

    private DMatrix Matrix(FitData data) => new(data.Values, data.Rows, data.Columns, Array.ConvertAll(data.Targets, t => (float)t), threads);

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Text(float value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
