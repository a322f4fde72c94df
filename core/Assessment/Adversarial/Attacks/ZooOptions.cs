namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>Parameters of <see cref="ZooAttack"/>.</summary>
public sealed record ZooOptions
{
    /// <summary>How much the goal must be won by, κ, in logits.</summary>
    public float Confidence { get; init; }

    /// <summary>Learning rate of Adam.</summary>
    public float LearningRate { get; init; } = 0.01f;

    /// <summary>Steps of the search for the weight c.</summary>
    public int BinarySteps { get; init; } = 1;

    /// <summary>Steps for each weight.</summary>
    public int Iterations { get; init; } = 100;

    /// <summary>First weight, c.</summary>
    public float FirstWeight { get; init; } = 1e-3f;

    /// <summary>Coordinates of one step, each two queries.</summary>
    public int Coordinates { get; init; } = 128;

    /// <summary>Difference of the quotients, h.</summary>
    public float Difference { get; init; } = 1e-4f;

    /// <summary>Most queries of a sample.</summary>
    public long MaxQueries { get; init; } = long.MaxValue;
}
