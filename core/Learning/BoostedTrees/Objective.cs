namespace Iml4e.Learning.BoostedTrees;

/// <summary>An objective of XGBoost: what its margins mean, which labels it takes, what it is measured by.</summary>
/// <remarks>Ranking and survival objectives are not here: their predictions are no answers of a served model.</remarks>
/// <param name="Name">As XGBoost names it.</param>
/// <param name="Link">From the margin to the prediction.</param>
/// <param name="Metric">Evaluation metric that decides when to stop.</param>
/// <param name="Task">What it can be trained for; null for one that is converted only, since its predictions are no probabilities.</param>
internal sealed record Objective(string Name, MarginLink Link, string Metric, LearningTask? Task)
{
    /// <summary>All that are converted.</summary>
    public static readonly IReadOnlyList<Objective> Known =
    [
        new("reg:squarederror", MarginLink.Identity, "rmse", LearningTask.Regression),
        new("reg:absoluteerror", MarginLink.Identity, "mae", LearningTask.Regression),
        new("reg:pseudohubererror", MarginLink.Identity, "mphe", LearningTask.Regression),
        new("reg:squaredlogerror", MarginLink.Identity, "rmsle", LearningTask.Regression) { Labels = LabelRange.AboveMinusOne },
        new("reg:logistic", MarginLink.Logistic, "logloss", LearningTask.Regression) { Labels = LabelRange.Shares },
        new("count:poisson", MarginLink.Exponential, "poisson-nloglik", LearningTask.Regression) { Labels = LabelRange.NotNegative },
        new("reg:gamma", MarginLink.Exponential, "gamma-nloglik", LearningTask.Regression) { Labels = LabelRange.Positive },
        new("reg:tweedie", MarginLink.Exponential, "tweedie-nloglik", LearningTask.Regression) { Labels = LabelRange.NotNegative },
        new("binary:logistic", MarginLink.Logistic, "logloss", LearningTask.Classification),
        new("multi:softprob", MarginLink.Softmax, "mlogloss", LearningTask.Classification),
        new("multi:softmax", MarginLink.Softmax, "mlogloss", LearningTask.Classification),
        new("binary:logitraw", MarginLink.Identity, "logloss", null),
        new("binary:hinge", MarginLink.Step, "error", null),
    ];

    /// <summary>Labels that it takes.</summary>
    public LabelRange Labels { get; init; } = LabelRange.Any;

    /// <summary>True for one score a class.</summary>
    public bool IsMulticlass => Link == MarginLink.Softmax;

    /// <summary>The objective of that name; null when it is not converted.</summary>
    public static Objective? Find(string name) => Known.FirstOrDefault(o => o.Name == name);

    /// <summary>The names that can be trained for a task.</summary>
    public static string[] NamesFor(LearningTask task) => [.. Known.Where(o => o.Task == task).Select(o => o.Name)];

    /// <summary>The margin that the model's base score stands for; float32 throughout, as XGBoost computes it.</summary>
    public float BaseMargin(float baseScore) => Link switch
    {
        MarginLink.Exponential => MathF.Log(baseScore),
        MarginLink.Logistic => -MathF.Log((1f / baseScore) - 1f),
        _ => baseScore,
    };
}
