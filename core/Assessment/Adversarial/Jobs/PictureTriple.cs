using Iml4e.Reporting.Images;

namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>Pictures of a sample for the report, by the digests of their files.</summary>
/// <param name="Caption">What it shows.</param>
/// <param name="Clean">The clean image.</param>
/// <param name="Change">The change, sixteen times as strong around grey.</param>
/// <param name="Attacked">The attacked image.</param>
/// <param name="Found">What a detector finds in the clean image, in pixels of the picture.</param>
/// <param name="FoundAttacked">What it finds in the attacked one.</param>
public sealed record PictureTriple(
    string Caption, string Clean, string Change, string Attacked, IReadOnlyList<BoxMark> Found, IReadOnlyList<BoxMark> FoundAttacked);
