using Iml4e.Assessment.Adversarial.Detection;

namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>What one model says of some samples.</summary>
public sealed record Judgement
{
    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>Classes said of the clean images.</summary>
    public IReadOnlyList<int>? Clean { get; init; }

    /// <summary>Classes said of the attacked images.</summary>
    public IReadOnlyList<int>? Attacked { get; init; }

    /// <summary>Classes said of the attacked images as files of 8 bits.</summary>
    public IReadOnlyList<int>? Attacked8Bit { get; init; }

    /// <summary>Detections in the clean images.</summary>
    public IReadOnlyList<IReadOnlyList<DetectedObject>>? Found { get; init; }

    /// <summary>Detections in the attacked images.</summary>
    public IReadOnlyList<IReadOnlyList<DetectedObject>>? FoundAttacked { get; init; }

    /// <summary>What is there, in this model's pixels: annotated, or what it is sure of in the clean images.</summary>
    public IReadOnlyList<IReadOnlyList<TrueObject>>? Truth { get; init; }
}
