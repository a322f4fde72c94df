using Iml4e.Assessment.Validation;
using Iml4e.Learning.Networks;

namespace Iml4e.Assessment.Training;

/// <summary>A registered model that the trainer <c>network</c> trains on, instead of a new network.</summary>
public sealed record FineTuneRequest
{
    private const int MostPatterns = 100;
    private const int LongestPattern = 500;

    /// <summary>
    /// Name of the model: one input [N, …] that takes the features in their order, its first output scores or probabilities of the classes, or a number.
    /// </summary>
    public required string Model { get; init; }

    /// <summary>Version or alias.</summary>
    public string Version { get; init; } = "champion";

    /// <summary>Names of the weights that are trained, * and ? standing for any characters and any one; those of all layers when absent.</summary>
    public IReadOnlyList<string>? Trainable { get; init; }

    /// <summary>
    /// Batch normalisation: <c>train</c> by each batch, <c>freeze</c> with the statistics that it has learnt, or <c>fold</c> it into the layers before it.
    /// </summary>
    public NormalizationTreatment Normalization { get; init; }

    /// <summary>Checks what the type alone cannot.</summary>
    /// <param name="path">Path of this part of the document.</param>
    /// <param name="errors">Takes what is wrong.</param>
    internal void Check(string path, ValidationErrors errors)
    {
        errors.Require(Model.Length > 0, path + ".model", "the name of a model is needed");
        errors.Require(Version.Length > 0, path + ".version", "a version number or an alias is needed");
        errors.Require(
            Trainable is null or { Count: >= 1 and <= MostPatterns }, path + ".trainable", $"1 to {MostPatterns} names, or leave it out for all weights");
        for (var i = 0; i < (Trainable?.Count ?? 0); i++)
            errors.Require(Trainable![i].Length is >= 1 and <= LongestPattern, $"{path}.trainable[{i}]", $"1 to {LongestPattern} characters");
    }
}
