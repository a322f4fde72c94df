using Iml4e.Reporting.Charts;

namespace Iml4e.Reporting.Pdf;

/// <summary>The colours of paper: those of the page's style sheet in the light.</summary>
internal static class PdfPalette
{
    private static readonly Dictionary<string, PdfColor> Colors = new(StringComparer.Ordinal)
    {
        ["ground"] = C("#ffffff"), ["panel"] = C("#f6f7f9"), ["text"] = C("#1b2330"), ["muted"] = C("#5c6675"), ["line"] = C("#dfe3e9"),
        ["grid"] = C("#e9ecf0"), ["axis"] = C("#9aa3b0"), ["good"] = C("#17784a"), ["good-soft"] = C("#e3f4ea"), ["warning"] = C("#9a6200"),
        ["warning-soft"] = C("#fdf1dc"), ["bad"] = C("#b3261e"), ["bad-soft"] = C("#fce8e6"), ["s0"] = C("#2563c9"), ["s1"] = C("#d9622b"),
        ["s2"] = C("#158466"), ["s3"] = C("#8450c4"), ["s4"] = C("#b08400"), ["s5"] = C("#c2356b"), ["s6"] = C("#3f8ba6"), ["s7"] = C("#6b7280"),
        ["scale"] = C("#1f5fbf"), ["scale-hot"] = C("#c8501e"), ["scale-zero"] = C("#f1f4f8"), ["on-scale"] = C("#ffffff"),
    };

    /// <summary>The names, as in the style sheet.</summary>
    public static IEnumerable<string> Names => Colors.Keys;

    /// <summary>A colour by its name.</summary>
    public static PdfColor Of(string name) => Colors[name];

    /// <summary>A colour by its part in a chart.</summary>
    public static PdfColor Of(ChartPaint paint) => paint.Color switch
    {
        ChartColor.Text => Of("text"),
        ChartColor.Muted => Of("muted"),
        ChartColor.Axis => Of("axis"),
        ChartColor.Grid => Of("grid"),
        ChartColor.Ground => Of("ground"),
        ChartColor.Series => Of("s" + (char)('0' + (paint.Index % 8))),
        ChartColor.Good => Of("good"),
        ChartColor.Warning => Of("warning"),
        ChartColor.Bad => Of("bad"),
        ChartColor.Own => C(OwnColor.Hex(paint.Index)),
        ChartColor.OnScale => paint.Level > 0.7 ? Of("on-scale") : Of("text"),
        ChartColor.Scale => Scale("scale", paint.Level),
        _ => Scale(paint.Level < 0 ? "scale" : "scale-hot", Math.Abs(paint.Level)),
    };

    private static PdfColor Scale(string name, double level) => PdfColor.Mix(Of(name), Of("scale-zero"), Math.Clamp(level, 0, 1));

    private static PdfColor C(string hex) => PdfColor.Parse(hex);
}
