namespace Iml4e.Reporting.Charts;

/// <summary>Colours that a series brings along (0xRRGGBB) and what goes with them: words on them, lines across them.</summary>
internal static class OwnColor
{
    private const int Dark = 0x1B2330;
    private const int Light = 0xFFFFFF;

    // Relative luminance at which dark and light words are read equally well (WCAG 2.2, contrast ratio).
    private const double Even = 0.215;

    /// <summary>The colour of words on it.</summary>
    public static int Words(int rgb) => Luminance(rgb) > Even ? Dark : Light;

    /// <summary>A deeper shade of it.</summary>
    public static int Shade(int rgb)
    {
        const double Depth = 0.7;
        return (Part(16) << 16) | (Part(8) << 8) | Part(0);

        int Part(int shift) => (int)(((rgb >> shift) & 255) * Depth);
    }

    /// <summary>As <c>#rrggbb</c>.</summary>
    public static string Hex(int rgb) => $"#{rgb & 0xFFFFFF:x6}";

    private static double Luminance(int rgb)
    {
        return (0.2126 * Linear(16)) + (0.7152 * Linear(8)) + (0.0722 * Linear(0));

        double Linear(int shift)
        {
            var part = ((rgb >> shift) & 255) / 255.0;
            return part <= 0.04045 ? part / 12.92 : Math.Pow((part + 0.055) / 1.055, 2.4);
        }
    }
}
