namespace Iml4e.Learning;

/// <summary>Fits one kind of model to a feature matrix.</summary>
internal abstract class ModelTrainer
{
    /// <summary>The trainer's name in options.</summary>
    public abstract string Name { get; }

    /// <summary>True when a validation part changes what is fitted (early stopping).</summary>
    public abstract bool UsesValidation { get; }

    /// <summary>Fits a model.</summary>
    /// <param name="train">Rows to learn from.</param>
    /// <param name="validation">Rows that say when to stop; null = run the full number of rounds.</param>
    /// <param name="rounds">Number of rounds instead of the parameter's; null = the parameter's.</param>
    /// <param name="progress">Told the done share, 0..1.</param>
    /// <param name="ct">Stops the fit.</param>
    public abstract FittedModel Fit(FitData train, FitData? validation, int? rounds, Action<double>? progress, CancellationToken ct);

    /// <summary>The trainer of that name, its parameters read and checked.</summary>
    public static ModelTrainer Create(TrainingOptions options)
    {
        var parameters = new ParameterReader(options.Parameters);
        ModelTrainer trainer = options.Trainer switch
        {
            "linear" => new Linear.LinearTrainer(options.Task, parameters),
            "boosted-trees" => new BoostedTrees.BoostedTreesTrainer(options.Task, options.Seed, parameters),
            _ => throw new TrainingDataException("train.trainer", $"'{options.Trainer}' is not known; known: linear, boosted-trees"),
        };
        parameters.RefuseUnknown();
        return trainer;
    }
}
