using Iml4e.Assessment.Adversarial.Detection;
using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Samples;

/// <summary>An image of a data set.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Shape">Its shape; three channels, RGB, or one.</param>
/// <param name="Values">Its values in [0,1], channel by channel.</param>
/// <param name="Label">Its class; null where that is not known.</param>
/// <param name="Objects">What is there, in its pixels; null where that is not known.</param>
public sealed record LoadedImage(string Id, ImageShape Shape, float[] Values, int? Label, IReadOnlyList<TrueObject>? Objects);
