namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>What a detector found.</summary>
/// <param name="Box">Where, in pixels of the detector's input.</param>
/// <param name="Class">Number of the class.</param>
/// <param name="Score">How sure it is, 0 to 1.</param>
public readonly record struct DetectedObject(Box Box, int Class, double Score);
