using Iml4e.Assessment.Adversarial.Detection;

namespace Iml4e.Assessment.Adversarial.Scores;

/// <summary>What was found in an image, beside what is there.</summary>
/// <param name="Found">The detections.</param>
/// <param name="Truth">The true objects.</param>
public sealed record JudgedImage(IReadOnlyList<DetectedObject> Found, IReadOnlyList<TrueObject> Truth);
