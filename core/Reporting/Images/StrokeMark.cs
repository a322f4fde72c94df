namespace Iml4e.Reporting.Images;

/// <summary>A straight line, as between two joints of a skeleton.</summary>
/// <param name="X1">One end.</param>
/// <param name="Y1">One end.</param>
/// <param name="X2">The other end.</param>
/// <param name="Y2">The other end.</param>
/// <param name="Dashed">Whether it is dashed.</param>
public sealed record StrokeMark(double X1, double Y1, double X2, double Y2, bool Dashed = false) : ImageMark;
