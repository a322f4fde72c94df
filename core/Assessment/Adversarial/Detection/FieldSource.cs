namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>Where values of the candidates stand.</summary>
public sealed record FieldSource
{
    /// <summary>Name of the model's output, or of a value inside it.</summary>
    public required string Output { get; init; }

    /// <summary>First of the candidate's values.</summary>
    public int From { get; init; }

    /// <summary>How many values.</summary>
    public required int Count { get; init; }

    /// <summary>What is applied to them.</summary>
    public Activation Activation { get; init; }
}
