namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>A patch and what it looks like on images.</summary>
/// <param name="Patch">Its values, channel by channel.</param>
/// <param name="Images">All images with it.</param>
/// <param name="Places">Left upper corner in each image.</param>
/// <param name="Share">Part of an image's area that it covers.</param>
/// <param name="Gradients">Rows whose gradient was computed.</param>
public sealed record PatchResult(float[] Patch, float[] Images, IReadOnlyList<(int Top, int Left)> Places, double Share, long Gradients);
