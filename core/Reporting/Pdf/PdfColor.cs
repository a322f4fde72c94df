namespace Iml4e.Reporting.Pdf;

/// <summary>A colour, sRGB, each part 0..1.</summary>
/// <param name="Red">Red.</param>
/// <param name="Green">Green.</param>
/// <param name="Blue">Blue.</param>
internal readonly record struct PdfColor(double Red, double Green, double Blue)
{
    /// <summary>Of <c>#rrggbb</c>.</summary>
    public static PdfColor Parse(string hex)
    {
        var value = Convert.ToInt32(hex[1..], 16);
        return new PdfColor((value >> 16) / 255.0, ((value >> 8) & 255) / 255.0, (value & 255) / 255.0);
    }

    /// <summary>
    /// A mixture that eyes find even, as <c>color-mix(in oklab, …)</c> of CSS (B. Ottosson, "A perceptual color space for image processing").
    /// </summary>
    /// <param name="first">One colour.</param>
    /// <param name="second">Another.</param>
    /// <param name="share">Of the first, 0..1.</param>
    public static PdfColor Mix(PdfColor first, PdfColor second, double share)
    {
        var (a, b) = (first.ToLab(), second.ToLab());
        return FromLab(((a.L * share) + (b.L * (1 - share)), (a.A * share) + (b.A * (1 - share)), (a.B * share) + (b.B * (1 - share))));
    }

    private (double L, double A, double B) ToLab()
    {
        double r = Linear(Red), g = Linear(Green), b = Linear(Blue);
        var l = Math.Cbrt((0.4122214708 * r) + (0.5363325363 * g) + (0.0514459929 * b));
        var m = Math.Cbrt((0.2119034982 * r) + (0.6806995451 * g) + (0.1073969566 * b));
        var s = Math.Cbrt((0.0883024619 * r) + (0.2817188376 * g) + (0.6299787005 * b));
        return ((0.2104542553 * l) + (0.7936177850 * m) - (0.0040720468 * s), (1.9779984951 * l) - (2.4285922050 * m) + (0.4505937099 * s),
            (0.0259040371 * l) + (0.7827717662 * m) - (0.8086757660 * s));
    }

    private static PdfColor FromLab((double L, double A, double B) lab)
    {
        var l = Math.Pow(lab.L + (0.3963377774 * lab.A) + (0.2158037573 * lab.B), 3);
        var m = Math.Pow(lab.L - (0.1055613458 * lab.A) - (0.0638541728 * lab.B), 3);
        var s = Math.Pow(lab.L - (0.0894841775 * lab.A) - (1.2914855480 * lab.B), 3);
        return new PdfColor(
            Companded((4.0767416621 * l) - (3.3077115913 * m) + (0.2309699292 * s)), Companded((-1.2684380046 * l) + (2.6097574011 * m) - (0.3413193965 * s)),
            Companded((-0.0041960863 * l) - (0.7034186147 * m) + (1.7076147010 * s)));
    }

    private static double Linear(double value) => value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);

    private static double Companded(double value)
    {
        value = Math.Clamp(value, 0, 1);
        return value <= 0.0031308 ? 12.92 * value : (1.055 * Math.Pow(value, 1 / 2.4)) - 0.055;
    }
}
