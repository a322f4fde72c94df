namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>Parameters of <see cref="SimbaAttack"/>.</summary>
public sealed record SimbaOptions
{
    /// <summary>Length of a step, ε.</summary>
    public float Step { get; init; } = 0.1f;

    /// <summary>Most steps.</summary>
    public int Iterations { get; init; } = 3_000;

    /// <summary>Whether directions are cosine waves instead of single pixels.</summary>
    public bool Dct { get; init; } = true;

    /// <summary>Lowest frequencies that are used first, each way and channel.</summary>
    public int Frequencies { get; init; } = 4;

    /// <summary>By how many frequencies the square grows when its directions are used up.</summary>
    public int Stride { get; init; } = 1;

    /// <summary>Whether directions come in their natural order instead of a random one.</summary>
    public bool InOrder { get; init; }

    /// <summary>Most queries of a sample.</summary>
    public long MaxQueries { get; init; } = long.MaxValue;
}
