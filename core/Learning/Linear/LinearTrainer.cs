using Iml4e.Learning.Networks;

namespace Iml4e.Learning.Linear;

/// <summary>Linear models: ridge regression, logistic and multinomial regression, on imputed and standardised features.</summary>
/// <remarks>Parameters: <c>l2</c> (default 1): regression minimises ||y - Xw - b||² + l2 ||w||², classification the sum of log losses + l2/2 ||w||²
/// (scikit-learn's alpha, and 1/C); the intercept is free. <c>max_iterations</c> (200) and <c>tolerance</c> (1e-8, largest gradient entry a row) for
/// classification.</remarks>
internal sealed class LinearTrainer : ModelTrainer
{
    /// <summary>Most features: the normal equations are a square matrix of them.</summary>
    private const int MaxFeatures = 2_000;

    private readonly LearningTask task;
    private readonly double l2;
    private readonly int maxIterations;
    private readonly double tolerance;

    public LinearTrainer(LearningTask task, ParameterReader parameters)
    {
        this.task = task;
        // Without a penalty the classes of separable data push the weights to infinity.
        l2 = parameters.Number("l2", 1, task == LearningTask.Regression ? 0 : 1e-6, 1e12);
        maxIterations = parameters.Int("max_iterations", 200, 1, 10_000);
        tolerance = parameters.Number("tolerance", 1e-8, 1e-12, 1e-3);
    }

    public override string Name => "linear";

    public override bool UsesValidation => false;

    public override FittedModel Fit(
        FitData train, FitData? validation, FittedModel? chosen, ICheckpointStore? checkpoints, Action<double>? progress, CancellationToken ct)
    {
        if (train.Columns > MaxFeatures)
            throw new TrainingDataException("data.features", $"{train.Columns} features; the linear trainer takes at most {MaxFeatures}");
        var scaling = Standardization.Fit(train.Values, train.Rows, train.Columns);
        var columns = scaling.ToColumns(train.Values, train.Rows);
        if (task == LearningTask.Regression)
        {
            var ridge = RidgeRegression.Fit(columns, train.Targets, l2);
            progress?.Invoke(1);
            return new LinearModel(scaling, 0, ridge.Weights, [ridge.Intercept], new() { ["l2"] = l2 });
        }
        var fit = LogisticRegression.Fit(columns, train.Targets, train.ClassCount, l2, maxIterations, tolerance, progress, ct);
        return new LinearModel(scaling, train.ClassCount, fit.Weights, fit.Intercepts,
            new() { ["l2"] = l2, ["iterations"] = fit.Iterations, ["gradient"] = fit.Gradient, ["converged"] = fit.Converged });
    }
}
