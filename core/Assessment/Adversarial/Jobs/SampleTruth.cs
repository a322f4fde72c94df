using Iml4e.Assessment.Adversarial.Detection;

namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>One clean image of a job, without its pixels.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Width">Its width before it was fitted, in pixels.</param>
/// <param name="Height">Its height.</param>
/// <param name="Label">Its class; null where that is not known.</param>
/// <param name="Objects">What is there, in pixels of the fitted image; null where that is not known.</param>
public sealed record SampleTruth(string Id, int Width, int Height, int? Label, IReadOnlyList<TrueObject>? Objects);
