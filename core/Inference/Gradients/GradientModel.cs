using Iml4e.Inference.Gradients.Optimizers;
using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients;

/// <summary>A graph that computes a model and its gradients, of standard operators only.</summary>
/// <param name="Model">The graph.</param>
/// <param name="GradOutputs">Names of the gradients among its outputs, <c>grad_&lt;name&gt;</c>, in the order asked for; none when it takes a step.</param>
/// <param name="ParamInputs">Initialisers of the model that became inputs: those differentiated for in training mode, and those opened.</param>
/// <param name="StateOutputs">Running statistics after the batch, in training mode.</param>
/// <param name="Report">What was built.</param>
public sealed record GradientModel(ModelProto Model, string[] GradOutputs, string[] ParamInputs, string[] StateOutputs, CoverageReport Report)
{
    /// <summary>Name of the loss among the outputs; null without one.</summary>
    public string? LossOutput { get; init; }

    /// <summary>Name of the loss's input of labels or targets; null without a loss.</summary>
    public string? LabelInput { get; init; }

    /// <summary>Inputs <c>dY_&lt;tensor&gt;</c> for cotangents from outside.</summary>
    public string[] SeedInputs { get; init; } = [];

    /// <summary>Inputs of running statistics, in training mode, in the order of <see cref="StateOutputs"/>.</summary>
    public string[] StateInputs { get; init; } = [];

    /// <summary>Name of the loss's input of sample weights; null without.</summary>
    public string? WeightInput { get; init; }

    /// <summary>Inputs <c>sum_&lt;name&gt;</c> that gradients are added to, in the order of <see cref="GradOutputs"/>.</summary>
    public string[] SumInputs { get; init; } = [];

    /// <summary>Inputs of dropout's masks.</summary>
    public IReadOnlyList<DropoutMask> Masks { get; init; } = [];

    /// <summary>The optimiser's step; null without.</summary>
    public OptimizerStep? Step { get; init; }

    /// <summary>Starting values of <see cref="ParamInputs"/> and <see cref="StateInputs"/>, under their names.</summary>
    public IReadOnlyList<Tensor> Parameters { get; init; } = [];
}
