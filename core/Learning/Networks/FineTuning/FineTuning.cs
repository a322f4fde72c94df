namespace Iml4e.Learning.Networks;

/// <summary>A network that is there already and is trained on.</summary>
public sealed record FineTuning
{
    /// <summary>The ONNX file: one input [N, …], its first output scores or probabilities of classes [N, classes], or a number [N, 1].</summary>
    public required ReadOnlyMemory<byte> Model { get; init; }

    /// <summary>Names of the weights that are trained, * and ? standing for any characters and any one; null = those of all layers.</summary>
    public IReadOnlyList<string>? Trainable { get; init; }

    /// <summary>What becomes of batch normalisation.</summary>
    public NormalizationTreatment Normalization { get; init; }
}
