using Iml4e.Assessment.Pose.Anonymisation;

namespace Iml4e.Functions.Datasets;

/// <summary>How faces are made unrecognisable.</summary>
/// <param name="Model">Name of the face detector.</param>
/// <param name="Version">Its version or alias.</param>
/// <param name="Family">How it is read.</param>
/// <param name="Method">What is done to faces.</param>
internal sealed record FaceRemovalRequest(string Model, string Version, string Family, AnonymisationMethod Method);
