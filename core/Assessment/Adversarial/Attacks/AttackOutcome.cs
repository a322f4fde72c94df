namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>What an attack made of a batch, image by image.</summary>
/// <param name="count">Number of images.</param>
/// <param name="size">Values in one image.</param>
public sealed class AttackOutcome(int count, int size)
{
    /// <summary>The attacked images one after another, values in [0,1].</summary>
    public float[] Images { get; } = new float[count * size];

    /// <summary>Whether the goal was reached on the attacked model.</summary>
    public bool[] Fooled { get; } = new bool[count];

    /// <summary>Steps taken.</summary>
    public int[] Iterations { get; } = new int[count];

    /// <summary>Rows that went forward through the model; 0 where only gradients were used.</summary>
    public long[] Queries { get; } = new long[count];

    /// <summary>What the attacker raises, before.</summary>
    public float[] LossBefore { get; } = new float[count];

    /// <summary>What the attacker raises, after.</summary>
    public float[] LossAfter { get; } = new float[count];

    /// <summary>One attacked image.</summary>
    public Span<float> Image(int sample) => Images.AsSpan(sample * size, size);
}
