namespace Iml4e.Functions.Datasets;

/// <summary>What became of the faces of an upload.</summary>
/// <param name="Images">Images that were stored.</param>
/// <param name="Faces">Places that were made unrecognisable.</param>
/// <param name="LeftOut">Images that could not be read, and are not stored.</param>
internal sealed record FaceRemovalResult(int Images, int Faces, IReadOnlyList<string> LeftOut);
