using Iml4e.Inference.Gradients.Optimizers;

namespace Iml4e.Learning.Networks;

/// <summary>How a network is trained.</summary>
public sealed record NetworkTrainingOptions
{
    /// <summary>Most passes over the examples, at least 1.</summary>
    public int Epochs { get; init; } = 20;

    /// <summary>Examples a batch, at least 1; a model with a fixed batch has its own.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Batches whose gradients are added up for one step.</summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>The optimiser.</summary>
    public OptimizerSpec Optimizer { get; init; } = new() { Kind = OptimizerKind.Adam };

    /// <summary>The full learning rate.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>The learning rate of each step.</summary>
    public LearningRateSchedule Schedule { get; init; } = new();

    /// <summary>Epochs without a better validation loss after which training ends; 0 = it does not.</summary>
    public int Patience { get; init; }

    /// <summary>Initialisers that are trained; null = the weights of all layers.</summary>
    public IReadOnlyList<string>? Trainable { get; init; }

    /// <summary>Whether batch normalisation keeps the statistics that it has learnt.</summary>
    public bool FrozenStatistics { get; init; }

    /// <summary>Random changes to images; null = none.</summary>
    public Augmentation? Augmentation { get; init; }

    /// <summary>Whether examples are replaced by adversarial ones; null = no.</summary>
    public AdversarialTraining? Adversarial { get; init; }

    /// <summary>Seed of shuffling, augmentation and dropout.</summary>
    public long Seed { get; init; }

    /// <summary>Threads of the runtime; 0 = one a core.</summary>
    public int Threads { get; init; }

    /// <summary>
    /// Whether the optimiser's step is taken in memory rather than in the graph; null = for networks of more than a million parameters, where it is quicker.
    /// Gradients of several batches are always added up so.
    /// </summary>
    public bool? HostUpdate { get; init; }

    /// <summary>Where checkpoints are kept, and a training that was interrupted is carried on from; null = nowhere.</summary>
    public ICheckpointStore? Checkpoints { get; init; }

    /// <summary>Steps between checkpoints within an epoch; 0 = only at its end.</summary>
    public int CheckpointEvery { get; init; }

    /// <summary>Least time between two checkpoints, the last one excepted; what is due earlier is left out.</summary>
    public TimeSpan CheckpointInterval { get; init; }

    /// <summary>Id of the run, noted in checkpoints.</summary>
    public string RunId { get; init; } = "";

    /// <summary>Version of the data, noted in checkpoints; a checkpoint of other data is not carried on.</summary>
    public string DatasetVersion { get; init; } = "";

    /// <summary>Clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Refuses what makes no sense.</summary>
    /// <exception cref="TrainingDataException">Says which option, and what would be right.</exception>
    public void Check()
    {
        Require(Epochs is >= 1 and <= 100_000, "epochs", "must be 1..100000");
        Require(BatchSize is >= 1 and <= 65_536, "batch_size", "must be 1..65536");
        Require(Accumulate is >= 1 and <= 1024, "accumulate", "must be 1..1024");
        Require(LearningRate is > 0 and < 1e6, "learning_rate", "must be above 0");
        Require(Patience >= 0, "patience", "must be at least 0");
        Require(Schedule is { WarmUp: >= 0, Every: >= 1 } && Schedule.Factor is > 0 and <= 1 && Schedule.Floor is >= 0 and <= 1, "schedule", "is out of range");
        Require(Adversarial is null || (Adversarial.Epsilon > 0 && Adversarial.Steps >= 1 && Adversarial.Share is > 0 and <= 1), "adversarial",
            "needs epsilon above 0, steps of at least 1 and a share above 0");
        Require(HostUpdate != false || Accumulate == 1, "accumulate", "gradients of several batches are added up for steps in memory");
    }

    private static void Require(bool holds, string name, string what)
    {
        if (!holds)
            throw new TrainingDataException("train.parameters." + name, what);
    }
}
