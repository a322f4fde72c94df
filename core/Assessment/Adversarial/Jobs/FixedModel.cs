using Iml4e.Assessment.Adversarial.Configuration;

namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>A model as the plan found it, so that a repeated step uses the same version whatever was promoted meanwhile.</summary>
/// <param name="Title">Name for people, MODEL/VERSION.</param>
/// <param name="Digest">Digest of the ONNX file.</param>
/// <param name="Reference">How it is run.</param>
/// <param name="Field">Field of the request that names it, such as <c>targets[1]</c>: what errors point to.</param>
public sealed record FixedModel(string Title, string Digest, ModelReference Reference, string Field);
