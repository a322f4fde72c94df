namespace Iml4e.Reporting.Images;

/// <summary>A point, as of a joint.</summary>
/// <param name="X">Centre.</param>
/// <param name="Y">Centre.</param>
/// <param name="Hollow">Whether it is a ring only.</param>
public sealed record DotMark(double X, double Y, bool Hollow = false) : ImageMark;
