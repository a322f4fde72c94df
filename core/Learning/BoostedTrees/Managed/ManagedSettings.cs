using System.Globalization;

namespace Iml4e.Learning.BoostedTrees.Managed;

/// <summary>XGBoost's settings as the managed booster knows them.</summary>
internal sealed class ManagedSettings(IReadOnlyDictionary<string, string> told)
{
    /// <summary>Parameters that it does not know.</summary>
    public static readonly IReadOnlyList<string> Unknown =
        ["tree_method", "max_bin", "max_delta_step", "num_parallel_tree", "categories", "max_cat_to_onehot", "max_cat_threshold", "monotone_constraints", "interaction_constraints", "nthread"];

    /// <summary>Objectives that it knows.</summary>
    public static readonly IReadOnlyList<string> Objectives = ["reg:squarederror", "reg:logistic", "binary:logistic", "multi:softprob", "multi:softmax"];

    public Objective Objective { get; } = Objective.Find(told["objective"])!;

    public int Groups { get; } = (int)Number(told, "num_class", 1);

    public float BaseScore { get; } = (float)Number(told, "base_score", 0.5);

    public double Eta { get; } = Number(told, "eta", 0.3);

    public int MaxDepth { get; } = (int)Number(told, "max_depth", 6);

    public double MinChildWeight { get; } = Number(told, "min_child_weight", 1);

    public double Gamma { get; } = Number(told, "gamma", 0);

    public double SubSample { get; } = Number(told, "subsample", 1);

    public double ColumnShare { get; } = Number(told, "colsample_bytree", 1);

    public int Seed { get; } = (int)Number(told, "seed", 0);

    private double Lambda { get; } = Number(told, "lambda", 1);

    private double Alpha { get; } = Number(told, "alpha", 0);

    /// <summary>The margins that rows start from.</summary>
    public float[] Start(int rows)
    {
        var start = new float[rows * Groups];
        Array.Fill(start, Objective.BaseMargin(BaseScore));
        return start;
    }

    /// <summary>What a leaf of these sums is worth, before eta.</summary>
    public double Weight(double gradient, double hessian) => hessian <= 0 ? 0 : -Drawn(gradient) / (hessian + Lambda);

    /// <summary>What it takes off the loss, doubled.</summary>
    public double Score(double gradient, double hessian) => hessian <= 0 ? 0 : Drawn(gradient) * Drawn(gradient) / (hessian + Lambda);

    private double Drawn(double gradient) => Math.Sign(gradient) * Math.Max(0, Math.Abs(gradient) - Alpha);

    private static double Number(IReadOnlyDictionary<string, string> told, string name, double normal) =>
        told.TryGetValue(name, out var text) ? double.Parse(text, CultureInfo.InvariantCulture) : normal;
}
