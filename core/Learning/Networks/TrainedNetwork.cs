using Iml4e.Inference.Gradients;
using Iml4e.Inference.Onnx;

namespace Iml4e.Learning.Networks;

/// <summary>A network after training.</summary>
/// <param name="Model">The model that was handed in, with other weights: the best ones on the validation examples, or without such the last.</param>
/// <param name="Epochs">The epochs.</param>
/// <param name="BestEpoch">The epoch whose weights the model has, from 1.</param>
/// <param name="StoppedEarly">Whether training ended for want of progress.</param>
/// <param name="Steps">Steps of the optimiser.</param>
/// <param name="Skipped">Batches that were passed over because loss or gradients were no numbers.</param>
/// <param name="Trained">Names of the initialisers that were trained.</param>
/// <param name="Coverage">What the gradient graph is made of.</param>
/// <param name="Notes">What is to be known of the training: how normalisations were treated.</param>
public sealed record TrainedNetwork(
    ModelProto Model, IReadOnlyList<EpochReport> Epochs, int BestEpoch, bool StoppedEarly, long Steps, int Skipped, IReadOnlyList<string> Trained,
    CoverageReport Coverage, IReadOnlyList<string> Notes);
