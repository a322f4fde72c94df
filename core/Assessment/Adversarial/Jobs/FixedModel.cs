using Iml4e.Assessment.Adversarial.Configuration;

namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>A model as the plan found it, so that a repeated step uses the same version whatever was promoted meanwhile.</summary>
/// <param name="Title">Name for people, MODEL/VERSION.</param>
/// <param name="Digest">Digest of the ONNX file.</param>
/// <param name="Reference">How it is run.</param>
public sealed record FixedModel(string Title, string Digest, ModelReference Reference);
