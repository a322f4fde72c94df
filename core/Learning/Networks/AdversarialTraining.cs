namespace Iml4e.Learning.Networks;

/// <summary>
/// Training on examples that an attack makes of the batch's against the network as it stands: projected gradient descent within a box of ε around each
/// example (Madry and others, 2018).
/// </summary>
public sealed record AdversarialTraining
{
    /// <summary>ε: most that a number is changed by, above 0.</summary>
    public required double Epsilon { get; init; }

    /// <summary>Steps of the attack.</summary>
    public int Steps { get; init; } = 7;

    /// <summary>Length of a step; null = 2.5·ε/steps.</summary>
    public double? StepSize { get; init; }

    /// <summary>Share of each batch that is replaced.</summary>
    public double Share { get; init; } = 1;

    /// <summary>Smallest number that an example may have.</summary>
    public double Low { get; init; } = double.NegativeInfinity;

    /// <summary>Largest number that an example may have.</summary>
    public double High { get; init; } = double.PositiveInfinity;
}
