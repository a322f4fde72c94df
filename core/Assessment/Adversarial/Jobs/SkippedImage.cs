namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>An image that could not be used.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Reason">Why.</param>
public sealed record SkippedImage(string Id, string Reason);
