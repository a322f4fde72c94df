namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>What is really there.</summary>
/// <param name="Box">Where, in pixels.</param>
/// <param name="Class">Number of the class.</param>
/// <param name="Crowd">Whether the box surrounds several, so that several may be found in it; finding them counts neither way.</param>
public readonly record struct TrueObject(Box Box, int Class, bool Crowd = false)
{
    /// <summary>Area that its size is judged by; null = the box's.</summary>
    public double? Area { get; init; }
}
