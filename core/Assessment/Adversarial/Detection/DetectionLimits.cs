namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>Which candidates count as detections.</summary>
public sealed record DetectionLimits
{
    /// <summary>Least score: 0.001 to measure average precision, 0.25 to show.</summary>
    public double Confidence { get; init; } = 0.001;

    /// <summary>IoU above which the lesser of two is dropped.</summary>
    public double Overlap { get; init; } = 0.65;

    /// <summary>Most detections of an image.</summary>
    public int Most { get; init; } = 300;
}
