using System.Globalization;
using System.Text;

namespace Iml4e.Reporting.Pdf;

/// <summary>A font of a document: what was written with it is embedded, and can be selected and searched.</summary>
/// <param name="name">What pages call it.</param>
/// <param name="font">The font.</param>
internal sealed class PdfFont(string name, TrueTypeFont font)
{
    private const int Replacement = 0xFFFD;
    private readonly Dictionary<int, int> places = [];
    private readonly List<(int Glyph, int CodePoint)> used = [(0, Replacement)];

    /// <summary>What pages call it.</summary>
    public string Name => name;

    /// <summary>Width of a text.</summary>
    /// <param name="text">One line.</param>
    /// <param name="size">Points.</param>
    public double Width(string text, double size)
    {
        long width = 0;
        foreach (var rune in text.EnumerateRunes())
            width += font.WidthOf(font.GlyphOf(Shown(rune)));
        return width * size / font.UnitsPerEm;
    }

    /// <summary>A text as the content of a page has it.</summary>
    public string Encode(string text)
    {
        var hex = new StringBuilder("<");
        foreach (var rune in text.EnumerateRunes())
            hex.Append(Place(Shown(rune)).ToString("X4", CultureInfo.InvariantCulture));
        return hex.Append('>').ToString();
    }

    /// <summary>Adds the font with what was used of it.</summary>
    /// <param name="file">Where to.</param>
    /// <param name="number">Its number there.</param>
    public void Write(PdfFile file, int number)
    {
        var subset = font.Subset([.. used.Select(u => u.Glyph)]);
        var scale = 1000.0 / font.UnitsPerEm;
        // Six letters tell one subset from another.
        var tag = new string([.. System.Security.Cryptography.SHA256.HashData(subset).Take(6).Select(b => (char)('A' + (b % 26)))]);
        var program = file.AddStream(subset, $"/Length1 {subset.Length}");
        var (left, bottom, right, top) = font.Box;
        var descriptor = file.Add(
            $"<< /Type /FontDescriptor /FontName /{tag}+{font.Name} /Flags 4 /FontBBox [{N(left)} {N(bottom)} {N(right)} {N(top)}] /ItalicAngle 0 " +
            $"/Ascent {N(font.Ascent)} /Descent {N(font.Descent)} /CapHeight {N(font.CapHeight)} /StemV 80 /FontFile2 {program} 0 R >>");
        var widths = string.Join(' ', used.Select(u => N(font.WidthOf(u.Glyph))));
        var descendant = file.Add(
            $"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{tag}+{font.Name} /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> " +
            $"/FontDescriptor {descriptor} 0 R /CIDToGIDMap /Identity /DW 600 /W [0 [{widths}]] >>");
        var unicode = file.AddStream(Encoding.ASCII.GetBytes(CharacterMap()));
        file.Set(
            number,
            $"<< /Type /Font /Subtype /Type0 /BaseFont /{tag}+{font.Name} /Encoding /Identity-H /DescendantFonts [{descendant} 0 R] " +
            $"/ToUnicode {unicode} 0 R >>");

        string N(int units) => PdfFile.Number(units * scale);
    }

    // Signs that guide a line are no glyphs; a space keeps what stands beside them apart.
    private static int Shown(Rune rune) => Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format ? ' '
        : rune.Value is 0x202F or 0x2009 ? 0xA0 : rune.Value;

    private int Place(int codePoint)
    {
        if (places.TryGetValue(codePoint, out var place))
            return place;
        var glyph = font.GlyphOf(codePoint);
        place = glyph == 0 ? 0 : used.Count;
        if (glyph != 0)
            used.Add((glyph, codePoint));
        places.Add(codePoint, place);
        return place;
    }

    private string CharacterMap()
    {
        var map = new StringBuilder(
            """
            /CIDInit /ProcSet findresource begin
            12 dict begin
            begincmap
            /CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
            /CMapName /Adobe-Identity-UCS def
            /CMapType 2 def
            1 begincodespacerange
            <0000> <FFFF>
            endcodespacerange

            """.ReplaceLineEndings("\n"));
        foreach (var part in used.Index().Chunk(100))
        {
            map.Append(CultureInfo.InvariantCulture, $"{part.Length} beginbfchar\n");
            foreach (var (place, (_, codePoint)) in part)
            {
                var text = Convert.ToHexString(Encoding.BigEndianUnicode.GetBytes(char.ConvertFromUtf32(codePoint)));
                map.Append(CultureInfo.InvariantCulture, $"<{place:X4}> <{text}>\n");
            }

            map.Append("endbfchar\n");
        }

        return map.Append("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n").ToString();
    }
}
