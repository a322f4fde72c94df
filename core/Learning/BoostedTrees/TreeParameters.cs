using System.Globalization;
using Iml4e.Learning.BoostedTrees.Managed;

namespace Iml4e.Learning.BoostedTrees;

/// <summary>The parameters of the boosted trees, read and checked.</summary>
/// <remarks>Names and meanings are XGBoost's. Defaults: rounds 1000, early_stopping_rounds 50, eta 0.05, max_depth 4, min_child_weight 5, subsample 0.8,
/// colsample_bytree 0.8, lambda 1, alpha 0, gamma 0, max_delta_step 0, num_parallel_tree 1, max_bin 256, tree_method hist, nthread 1. Weights of classes are
/// not among them: they would bend the probabilities. Of our own: <c>categories</c> (one-hot, or native: splits by sets of
/// categories), <c>search</c>, and <c>engine</c> (xgboost, or managed: without the native library, every threshold tried, some objectives only).</remarks>
internal sealed class TreeParameters
{
    private static readonly double[] SearchedEta = [0.03, 0.1], SearchedDepth = [3, 5], SearchedChild = [1, 5, 20];
    private readonly LearningTask task;
    private readonly string? objective;
    private readonly IReadOnlyDictionary<string, int> monotone;
    private readonly IReadOnlyList<IReadOnlyList<string>> interaction;
    private readonly Dictionary<string, string> settings;

    public TreeParameters(LearningTask task, int seed, ParameterReader reader)
    {
        this.task = task;
        Rounds = reader.Int("rounds", 1000, 1, 10_000);
        Patience = reader.Int("early_stopping_rounds", 50, 0, 10_000);
        settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["eta"] = Text(reader.Number("eta", 0.05, 0, 1, leastExcluded: true)),
            ["max_depth"] = Text(reader.Int("max_depth", 4, 1, 16)),
            ["min_child_weight"] = Text(reader.Number("min_child_weight", 5, 0, 1e9)),
            ["subsample"] = Text(reader.Number("subsample", 0.8, 0, 1, leastExcluded: true)),
            ["colsample_bytree"] = Text(reader.Number("colsample_bytree", 0.8, 0, 1, leastExcluded: true)),
            ["lambda"] = Text(reader.Number("lambda", 1, 0, 1e9)),
            ["alpha"] = Text(reader.Number("alpha", 0, 0, 1e9)),
            ["gamma"] = Text(reader.Number("gamma", 0, 0, 1e9)),
            ["seed"] = Text(seed),
            ["verbosity"] = "0",
        };
        settings["num_parallel_tree"] = Text(ParallelTrees = reader.Int("num_parallel_tree", 1, 1, 1_000));
        settings["nthread"] = Text(Threads = reader.Int("nthread", 1, 1, 64));
        var method = settings["tree_method"] = reader.Choice("tree_method", "hist", "hist", "exact", "approx");
        var bins = reader.Int("max_bin", 256, 2, 65_536);
        // max_bin is known to the histogram methods alone.
        if (method != "exact")
            settings["max_bin"] = Text(bins);
        objective = reader.Has("objective") ? reader.Choice("objective", "", Objective.NamesFor(task)) : Unasked(reader, "objective");
        if (objective == "reg:absoluteerror" && ParallelTrees > 1)
            throw new TrainingDataException(
                "train.parameters.num_parallel_tree", "must be 1 with reg:absoluteerror, for which XGBoost sets the leaves of single trees only");
        // Absent, the objective has a say: Poisson regression keeps its steps small.
        if (reader.Has("max_delta_step"))
            settings["max_delta_step"] = Text(reader.Number("max_delta_step", 0, 0, 1e9));
        else
            Unasked(reader, "max_delta_step");
        OnlyFor(reader, "reg:tweedie", "tweedie_variance_power", 1.5, 1, 2);
        OnlyFor(reader, "reg:pseudohubererror", "huber_slope", 1, 0, 1e9);
        NativeCategories = reader.Choice("categories", "one-hot", "one-hot", "native") == "native";
        if (NativeCategories && method == "exact")
            throw new TrainingDataException("train.parameters.categories", "native needs tree_method hist or approx");
        ForCategories(reader, "max_cat_to_onehot", 4);
        ForCategories(reader, "max_cat_threshold", 64);
        Managed = reader.Choice("engine", "xgboost", "xgboost", "managed") == "managed";
        if (Managed)
            CheckManaged(reader);
        monotone = reader.NamedInts("monotone_constraints", -1, 1);
        interaction = reader.NameLists("interaction_constraints");
        Searches = reader.Flag("search", false);
        Candidates = Searches ? [.. Combinations(reader)] : [new Dictionary<string, double>()];
    }

    /// <summary>Rounds at most.</summary>
    public int Rounds { get; }

    /// <summary>Rounds without a better loss after which it stops; 0 = all rounds are run.</summary>
    public int Patience { get; }

    /// <summary>Trees of a round for each group.</summary>
    public int ParallelTrees { get; }

    /// <summary>Threads; part of the result, since sums of float32 depend on their order.</summary>
    public int Threads { get; }

    /// <summary>Whether a split may be by a set of categories.</summary>
    public bool NativeCategories { get; }

    /// <summary>Whether the trees are made without the native library.</summary>
    public bool Managed { get; }

    /// <summary>Whether combinations of parameters are tried.</summary>
    public bool Searches { get; }

    /// <summary>The combinations: eta 0.03 and 0.1, max_depth 3 and 5, min_child_weight 1, 5 and 20; a parameter that was given keeps its value.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, double>> Candidates { get; }

    /// <summary>
    /// What XGBoost is told for these rows. Regression starts from the mean of the labels (weighted), so that the first rounds need not find it.
    /// </summary>
    public Dictionary<string, string> For(FitData train, IReadOnlyDictionary<string, double> candidate)
    {
        var goal = Goal(train);
        goal.Labels.Check(goal.Name, train.Targets);
        var told = new Dictionary<string, string>(settings, StringComparer.Ordinal) { ["objective"] = goal.Name, ["eval_metric"] = Metric(goal) };
        foreach (var (name, value) in candidate)
            told[name] = Text(value);
        if (goal.IsMulticlass)
            told["num_class"] = Text(train.ClassCount);
        // For the absolute error the library starts from the median.
        if (task == LearningTask.Regression && goal.Name != "reg:absoluteerror")
            told["base_score"] = Text((float)Start(goal, train.MeanTarget()));
        if (monotone.Count > 0)
            told["monotone_constraints"] = FeatureConstraints.Monotone(train.Schema, monotone);
        if (interaction.Count > 0)
            told["interaction_constraints"] = FeatureConstraints.Interaction(train.Schema, interaction);
        return told;
    }

    private static double Start(Objective goal, double mean) => goal.Link switch
    {
        MarginLink.Logistic => Math.Clamp(mean, 1e-6, 1 - 1e-6),
        MarginLink.Exponential => Math.Max(mean, 1e-6),
        _ => mean,
    };

    private Objective Goal(FitData train)
    {
        var name = objective ?? (task == LearningTask.Regression ? "reg:squarederror" : train.ClassCount == 2 ? "binary:logistic" : "multi:softprob");
        var goal = Objective.Find(name)!;
        if (goal.Task == LearningTask.Classification && !goal.IsMulticlass && train.ClassCount != 2)
            throw new TrainingDataException(
                "train.parameters.objective", $"'{name}' is for 2 classes and the label has {train.ClassCount}; multi:softprob is for more");
        return goal;
    }

    // The library wants the power in the metric's name.
    private string Metric(Objective goal) => goal.Name == "reg:tweedie" ? $"{goal.Metric}@{settings["tweedie_variance_power"]}" : goal.Metric;

    private void CheckManaged(ParameterReader reader)
    {
        if (objective is not null && !ManagedSettings.Objectives.Contains(objective))
            throw new TrainingDataException(
                "train.parameters.objective", $"'{objective}' needs the engine xgboost; managed knows {string.Join(", ", ManagedSettings.Objectives)}");
        foreach (var name in ManagedSettings.Unknown)
            if (reader.Has(name))
                throw new TrainingDataException($"train.parameters.{name}", "needs the engine xgboost");
    }

    private void OnlyFor(ParameterReader reader, string owner, string name, double normal, double least, double most)
    {
        var value = reader.Number(name, normal, least, most, leastExcluded: true, mostExcluded: true);
        if (objective == owner)
            settings[name] = Text(value);
        else if (reader.Has(name))
            throw new TrainingDataException($"train.parameters.{name}", $"belongs to the objective {owner}");
    }

    private void ForCategories(ParameterReader reader, string name, int normal)
    {
        var value = reader.Int(name, normal, 1, 10_000);
        if (NativeCategories)
            settings[name] = Text(value);
        else if (reader.Has(name))
            throw new TrainingDataException($"train.parameters.{name}", "belongs to \"categories\": \"native\"");
    }

    private static IEnumerable<IReadOnlyDictionary<string, double>> Combinations(ParameterReader reader)
    {
        double[] Open(string name, double[] values) => reader.Has(name) ? [double.NaN] : values;
        foreach (var eta in Open("eta", SearchedEta))
            foreach (var depth in Open("max_depth", SearchedDepth))
                foreach (var child in Open("min_child_weight", SearchedChild))
                    yield return new[] { ("eta", eta), ("max_depth", depth), ("min_child_weight", child) }.Where(p => !double.IsNaN(p.Item2))
                        .ToDictionary(p => p.Item1, p => p.Item2);
    }

    private static string? Unasked(ParameterReader reader, string name)
    {
        reader.Know(name);
        return null;
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Text(float value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
