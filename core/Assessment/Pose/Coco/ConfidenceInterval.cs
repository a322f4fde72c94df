namespace Iml4e.Assessment.Pose.Coco;

/// <summary>A figure of a sample with its interval.</summary>
/// <param name="Estimate">Of the whole sample.</param>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public readonly record struct ConfidenceInterval(double Estimate, double Low, double High)
{
    /// <summary>Whether a value lies within, ends included.</summary>
    public bool Holds(double value) => value >= Low && value <= High;
}
