namespace Iml4e.Reporting.Images;

/// <summary>The outline of a box, as of an object that was found.</summary>
/// <param name="X">Left.</param>
/// <param name="Y">Top.</param>
/// <param name="Width">Width.</param>
/// <param name="Height">Height.</param>
/// <param name="Label">Written at its top; null for nothing.</param>
public sealed record BoxMark(double X, double Y, double Width, double Height, string? Label = null) : ImageMark;
