namespace Iml4e.Assessment.Pose.Jobs;

/// <summary>A model as the plan found it, so that a repeated step uses the same version whatever was promoted meanwhile.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Version">Its version, or the candidate's.</param>
/// <param name="Digest">Digest of the ONNX file.</param>
public sealed record ValidatedModel(string Model, string Version, string Digest);
