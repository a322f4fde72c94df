using Iml4e.Inference.Gradients.Optimizers;

namespace Iml4e.Inference.Gradients;

/// <summary>What a gradient graph is to compute.</summary>
public sealed record GradientRequest
{
    /// <summary>Inputs and initialisers of the model to differentiate for.</summary>
    public required string[] Wrt { get; init; }

    /// <summary>Whether cotangents come from the caller or from a loss.</summary>
    public SeedMode Seed { get; init; } = SeedMode.External;

    /// <summary>The loss, for <see cref="SeedMode.Loss"/>.</summary>
    public LossSpec? Loss { get; init; }

    /// <summary>Values of the model whose cotangents the caller supplies, for <see cref="SeedMode.External"/>; none = all outputs of real numbers.</summary>
    public string[] SeedTensors { get; init; } = [];

    /// <summary>Shapes of inputs with free dimensions: a positive size fixes a dimension, -1 leaves it free.</summary>
    public IReadOnlyDictionary<string, long[]>? ShapeHints { get; init; }

    /// <summary>Whether batches are normalised by their own statistics and dropout drops; the initialisers asked for become inputs.</summary>
    public bool TrainingMode { get; init; }

    /// <summary>In training mode: whether batch normalisation keeps the statistics that it has learnt, all the same.</summary>
    public bool FrozenStatistics { get; init; }

    /// <summary>In training mode: whether dropout takes its masks from inputs, so that whoever runs the graph draws them.</summary>
    public bool MaskInputs { get; init; }

    /// <summary>In training mode: an optimiser whose step the graph takes, too; new parameters are outputs then, instead of gradients.</summary>
    public OptimizerSpec? Optimizer { get; init; }

    /// <summary>Initialisers that become inputs without being differentiated, for they change from run to run.</summary>
    public string[] Open { get; init; } = [];

    /// <summary>Whether gradients are added to inputs <c>sum_&lt;name&gt;</c>, to take one step for several batches.</summary>
    public bool Accumulate { get; init; }

    /// <summary>Whether an initialiser that several nodes share, as exporters make of equal values, is differentiated for each of them by itself.</summary>
    public bool UntieInitializers { get; init; } = true;

    /// <summary>Initialisers that are shared on purpose and stay so.</summary>
    public string[] KeepTied { get; init; } = [];

    /// <summary>Who gets the gradient of a maximum that several elements share.</summary>
    public TiePolicy MaxTies { get; init; } = TiePolicy.EvenSplit;

    /// <summary>Whether the model's own outputs stay outputs.</summary>
    public bool KeepForwardOutputs { get; init; } = true;

    /// <summary>Whether a tensor that does not influence the seeds gets a gradient of zeros instead of an error.</summary>
    public bool AllowZero { get; init; }

    /// <summary>Numbers that the graph reckons with.</summary>
    public GradPrecision Precision { get; init; } = GradPrecision.Float32;
}
