namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>One sample of a manifest.</summary>
/// <param name="File">Digest of the file that it lies in.</param>
/// <param name="Index">Its place there, from 0.</param>
/// <param name="Truth">The image.</param>
/// <param name="Label">The class that counts as right.</param>
/// <param name="Outcome">What the attack made of it.</param>
public sealed record ManifestSample(string File, int Index, SampleTruth Truth, int? Label, SampleOutcome? Outcome);
