namespace Iml4e.Reporting.Images;

/// <summary>The measures of a picture.</summary>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Channels">1 = grey, 3 = red, green, blue.</param>
internal readonly record struct ImageHeader(int Width, int Height, int Channels);
