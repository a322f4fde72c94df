using Iml4e.Assessment.Adversarial.Detection;

namespace Iml4e.Tests.Unit.Assessment.Adversarial;

/// <summary>What was found in an image, beside what is there.</summary>
internal sealed record JudgedImage(IReadOnlyList<DetectedObject> Found, IReadOnlyList<TrueObject> Truth);
