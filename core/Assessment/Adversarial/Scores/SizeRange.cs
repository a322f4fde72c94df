namespace Iml4e.Assessment.Adversarial.Scores;

/// <summary>Objects by area in square pixels.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Least">Smallest area.</param>
/// <param name="Largest">Largest area.</param>
public sealed record SizeRange(string Name, double Least, double Largest)
{
    /// <summary>All sizes.</summary>
    public static SizeRange All { get; } = new("all", 0, 1e10);

    /// <summary>The three of COCO: small to 32², medium to 96², large.</summary>
    public static IReadOnlyList<SizeRange> Coco { get; } = [new("small", 0, 32 * 32), new("medium", 32 * 32, 96 * 96), new("large", 96 * 96, 1e10)];

    /// <summary>Whether an area belongs to it.</summary>
    public bool Contains(double area) => area >= Least && area <= Largest;
}
