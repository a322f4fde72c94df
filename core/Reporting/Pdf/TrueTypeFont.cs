using System.Buffers.Binary;
using System.Text;

namespace Iml4e.Reporting.Pdf;

/// <summary>
/// A TrueType font (OpenType with outlines of that kind), as far as text in a PDF needs it: its measures, its characters, and subsets of its glyphs.
/// </summary>
internal sealed class TrueTypeFont
{
    private const int None = 0;
    private readonly byte[] file;
    private readonly Dictionary<string, (int Offset, int Length)> tables = new(StringComparer.Ordinal);
    private readonly int characters;
    private readonly bool longOffsets;
    private readonly int widths;

    /// <summary>Reads a font.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public TrueTypeFont(byte[] file)
    {
        this.file = file;
        try
        {
            if (U32(0) is not (0x00010000 or 0x74727565))
                throw new FormatException("The file is no TrueType font.");
            for (var i = 0; i < U16(4); i++)
            {
                var entry = 12 + (16 * i);
                tables[Encoding.ASCII.GetString(file, entry, 4)] = ((int)U32(entry + 8), (int)U32(entry + 12));
            }

            var (head, hhea) = (Table("head"), Table("hhea"));
            UnitsPerEm = U16(head + 18);
            Box = (S16(head + 36), S16(head + 38), S16(head + 40), S16(head + 42));
            longOffsets = U16(head + 50) != 0;
            (Ascent, Descent) = (S16(hhea + 4), S16(hhea + 6));
            widths = U16(hhea + 34);
            GlyphCount = U16(Table("maxp") + 4);
            CapHeight = tables.TryGetValue("OS/2", out var os2) && os2.Length >= 90 ? S16(os2.Offset + 88) : Ascent;
            Name = NameOf();
            characters = CharactersTable();
        }
        catch (Exception wrong) when (wrong is ArgumentException or IndexOutOfRangeException or KeyNotFoundException)
        {
            throw new FormatException("The file is no TrueType font.", wrong);
        }
    }

    /// <summary>The PostScript name.</summary>
    public string Name { get; }

    /// <summary>Font units an em.</summary>
    public int UnitsPerEm { get; }

    /// <summary>Height above the base line, font units.</summary>
    public int Ascent { get; }

    /// <summary>Depth below the base line, negative, font units.</summary>
    public int Descent { get; }

    /// <summary>Height of capitals, font units.</summary>
    public int CapHeight { get; }

    /// <summary>What all glyphs lie within, font units.</summary>
    public (int Left, int Bottom, int Right, int Top) Box { get; }

    /// <summary>Glyphs in the font.</summary>
    public int GlyphCount { get; }

    /// <summary>The glyph of a character; 0 when the font has none.</summary>
    public int GlyphOf(int codePoint)
    {
        if (U16(characters) == 12)
        {
            for (var (low, high) = (0, (int)U32(characters + 12) - 1); low <= high;)
            {
                var middle = (low + high) / 2;
                var group = characters + 16 + (12 * middle);
                if (codePoint < U32(group))
                    high = middle - 1;
                else if (codePoint > U32(group + 4))
                    low = middle + 1;
                else
                    return (int)(U32(group + 8) + (codePoint - U32(group)));
            }

            return 0;
        }

        if (codePoint > 0xFFFF)
            return 0;
        var segments = U16(characters + 6) / 2;
        var ends = characters + 14;
        var starts = ends + (2 * segments) + 2;
        for (var i = 0; i < segments; i++)
        {
            if (codePoint > U16(ends + (2 * i)))
                continue;
            var first = U16(starts + (2 * i));
            if (codePoint < first)
                return 0;
            var delta = U16(starts + (2 * segments) + (2 * i));
            var place = starts + (4 * segments) + (2 * i);
            if (U16(place) == 0)
                return (codePoint + delta) & 0xFFFF;
            var glyph = U16(place + U16(place) + (2 * (codePoint - first)));
            return glyph == 0 ? 0 : (glyph + delta) & 0xFFFF;
        }

        return 0;
    }

    /// <summary>How far a glyph moves the pen, font units.</summary>
    public int WidthOf(int glyph) => U16(Table("hmtx") + (4 * Math.Min(glyph, widths - 1)));

    /// <summary>A font with some of the glyphs, numbered in the order given; what they are composed of is behind them.</summary>
    /// <param name="glyphs">Glyph numbers of this font; the first is shown for what is not there, and ought to be 0.</param>
    public byte[] Subset(IReadOnlyList<int> glyphs)
    {
        var all = new List<int>(glyphs);
        var places = new Dictionary<int, int>();
        foreach (var glyph in glyphs)
            places.TryAdd(glyph, places.Count);
        var outlines = new MemoryStream();
        var offsets = new MemoryStream();
        for (var i = 0; i < all.Count; i++)
        {
            Write32(offsets, (uint)outlines.Length);
            var outline = Outline(all[i]).ToArray();
            foreach (var part in Parts(outline))
            {
                var component = U16(outline, part);
                if (!places.TryGetValue(component, out var place))
                {
                    places.Add(component, place = all.Count);
                    all.Add(component);
                }

                BinaryPrimitives.WriteUInt16BigEndian(outline.AsSpan(part), (ushort)place);
            }

            outlines.Write(outline);
            Pad(outlines);
        }

        Write32(offsets, (uint)outlines.Length);
        var metrics = new MemoryStream();
        foreach (var glyph in all)
        {
            Write16(metrics, WidthOf(glyph));
            Write16(metrics, glyph < widths ? U16(Table("hmtx") + (4 * glyph) + 2) : U16(Table("hmtx") + (4 * widths) + (2 * (glyph - widths))));
        }

        var head = Copy("head");
        BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(8), 0);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(50), 1);
        var hhea = Copy("hhea");
        BinaryPrimitives.WriteUInt16BigEndian(hhea.AsSpan(34), (ushort)all.Count);
        var maxp = Copy("maxp");
        BinaryPrimitives.WriteUInt16BigEndian(maxp.AsSpan(4), (ushort)all.Count);
        var parts = new SortedDictionary<string, byte[]>(StringComparer.Ordinal)
        {
            ["head"] = head, ["hhea"] = hhea, ["maxp"] = maxp, ["hmtx"] = metrics.ToArray(), ["loca"] = offsets.ToArray(), ["glyf"] = outlines.ToArray(),
        };
        foreach (var program in (string[])["cvt ", "fpgm", "prep"])
        {
            if (tables.ContainsKey(program))
                parts[program] = Copy(program);
        }

        return Assemble(parts);
    }

    private static byte[] Assemble(SortedDictionary<string, byte[]> parts)
    {
        var font = new MemoryStream();
        var log = (int)Math.Log2(parts.Count);
        Write32(font, 0x00010000);
        Write16(font, parts.Count);
        Write16(font, 16 << log);
        Write16(font, log);
        Write16(font, (16 * parts.Count) - (16 << log));
        var offset = 12 + (16 * parts.Count);
        foreach (var (name, bytes) in parts)
        {
            font.Write(Encoding.ASCII.GetBytes(name));
            Write32(font, Checksum(bytes));
            Write32(font, (uint)offset);
            Write32(font, (uint)bytes.Length);
            offset += (bytes.Length + 3) & ~3;
        }

        var headAt = 0;
        foreach (var (name, bytes) in parts)
        {
            if (name == "head")
                headAt = (int)font.Length;
            font.Write(bytes);
            Pad(font);
        }

        var whole = font.ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(whole.AsSpan(headAt + 8), 0xB1B0AFBA - Checksum(whole));
        return whole;
    }

    private static void Pad(Stream stream)
    {
        while ((stream.Length & 3) != 0)
            stream.WriteByte(0);
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (; bytes.Length >= 4; bytes = bytes[4..])
            sum += BinaryPrimitives.ReadUInt32BigEndian(bytes);
        Span<byte> last = [0, 0, 0, 0];
        bytes.CopyTo(last);
        return sum + BinaryPrimitives.ReadUInt32BigEndian(last);
    }

    // Where the numbers of its components stand, for a glyph that is composed of others.
    private static List<int> Parts(byte[] outline)
    {
        const int Words = 1, Scale = 8, More = 32, TwoScales = 64, Matrix = 128;
        var parts = new List<int>();
        if (outline.Length < 10 || BinaryPrimitives.ReadInt16BigEndian(outline) >= 0)
            return parts;
        int flags, at = 10;
        do
        {
            flags = U16(outline, at);
            parts.Add(at + 2);
            at += 4 + ((flags & Words) != 0 ? 4 : 2) + ((flags & Scale) != 0 ? 2 : (flags & TwoScales) != 0 ? 4 : (flags & Matrix) != 0 ? 8 : 0);
        }
        while ((flags & More) != 0);
        return parts;
    }

    private ReadOnlySpan<byte> Outline(int glyph)
    {
        var loca = Table("loca");
        var (from, to) = longOffsets
            ? ((int)U32(loca + (4 * glyph)), (int)U32(loca + (4 * glyph) + 4))
            : (2 * U16(loca + (2 * glyph)), 2 * U16(loca + (2 * glyph) + 2));
        return file.AsSpan(Table("glyf") + from, to - from);
    }

    private int CharactersTable()
    {
        var cmap = Table("cmap");
        var best = None;
        for (var i = 0; i < U16(cmap + 2); i++)
        {
            var entry = cmap + 4 + (8 * i);
            var table = cmap + (int)U32(entry + 4);
            var unicode = U16(entry) == 0 || (U16(entry) == 3 && U16(entry + 2) is 1 or 10);
            if (unicode && (U16(table) == 12 || (U16(table) == 4 && best == None)))
                best = table;
        }

        return best != None ? best : throw new FormatException("The font has no table of Unicode characters.");
    }

    private string NameOf()
    {
        var name = Table("name");
        for (var i = 0; i < U16(name + 2); i++)
        {
            var record = name + 6 + (12 * i);
            if (U16(record + 6) != 6)
                continue;
            var text = file.AsSpan(name + U16(name + 4) + U16(record + 10), U16(record + 8));
            return U16(record) == 1 ? Encoding.ASCII.GetString(text) : Encoding.BigEndianUnicode.GetString(text);
        }

        return "Font";
    }

    private byte[] Copy(string table) => file.AsSpan(tables[table].Offset, tables[table].Length).ToArray();

    private int Table(string name) => tables[name].Offset;

    private int U16(int at) => BinaryPrimitives.ReadUInt16BigEndian(file.AsSpan(at));

    private int S16(int at) => BinaryPrimitives.ReadInt16BigEndian(file.AsSpan(at));

    private uint U32(int at) => BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at));

    private static int U16(byte[] bytes, int at) => BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(at));

    private static void Write16(Stream stream, int value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)value);
        stream.Write(bytes);
    }

    private static void Write32(Stream stream, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        stream.Write(bytes);
    }
}
