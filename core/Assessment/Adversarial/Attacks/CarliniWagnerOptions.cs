namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>Parameters of <see cref="CarliniWagnerAttack"/>.</summary>
public sealed record CarliniWagnerOptions
{
    /// <summary>How much the goal must be won by, κ, in logits.</summary>
    public float Confidence { get; init; }

    /// <summary>Learning rate of Adam.</summary>
    public float LearningRate { get; init; } = 0.01f;

    /// <summary>Steps of the search for the weight c.</summary>
    public int BinarySteps { get; init; } = 9;

    /// <summary>Steps of Adam for each weight.</summary>
    public int Iterations { get; init; } = 200;

    /// <summary>First weight, c.</summary>
    public float FirstWeight { get; init; } = 1;
}
