using Iml4e.Learning.Networks;

namespace Iml4e.Learning;

/// <summary>Fits one kind of model to a feature matrix.</summary>
internal abstract class ModelTrainer
{
    /// <summary>The trainer's name in options.</summary>
    public abstract string Name { get; }

    /// <summary>True when a validation part changes what is fitted (early stopping, a search).</summary>
    public abstract bool UsesValidation { get; }

    /// <summary>Whether rows may count differently.</summary>
    public virtual bool TakesWeights => false;

    /// <summary>How categories become features.</summary>
    public virtual CategoryEncoding Categories => CategoryEncoding.OneHot;

    /// <summary>Fits a model.</summary>
    /// <param name="train">Rows to learn from.</param>
    /// <param name="validation">Rows that say when to stop; null = nothing is chosen.</param>
    /// <param name="chosen">An earlier fit of this trainer, whose choices (rounds, searched parameters) are kept; null = the parameters'.</param>
    /// <param name="checkpoints">Where a fit that takes steps keeps how far it is; null = nowhere.</param>
    /// <param name="progress">Told the done share, 0..1.</param>
    /// <param name="ct">Stops the fit.</param>
    public abstract FittedModel Fit(
        FitData train, FitData? validation, FittedModel? chosen, ICheckpointStore? checkpoints, Action<double>? progress, CancellationToken ct);

    /// <summary>The trainer of that name, its parameters read and checked.</summary>
    public static ModelTrainer Create(TrainingOptions options)
    {
        var parameters = new ParameterReader(options.Parameters);
        if (options.FineTuning is not null && options.Trainer != "network")
            throw new TrainingDataException("train.fineTune", "belongs to the trainer network");
        ModelTrainer trainer = options.Trainer switch
        {
            "linear" => new Linear.LinearTrainer(options.Task, parameters),
            "boosted-trees" => new BoostedTrees.BoostedTreesTrainer(options.Task, options.Seed, parameters),
            "network" => new NetworkTrainer(options, parameters),
            _ => throw new TrainingDataException("train.trainer", $"'{options.Trainer}' is not known; known: linear, boosted-trees, network"),
        };
        parameters.RefuseUnknown();
        return trainer;
    }
}
