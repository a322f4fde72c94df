using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Iml4e.Reporting.Pdf;

/// <summary>The objects of a PDF 1.7 file, numbered as they are added; equal objects make equal bytes.</summary>
internal sealed class PdfFile
{
    private readonly List<byte[]?> objects = [];

    /// <summary>Takes a number for an object that comes later.</summary>
    public int Reserve()
    {
        objects.Add(null);
        return objects.Count;
    }

    /// <summary>Adds an object.</summary>
    /// <returns>Its number.</returns>
    public int Add(string text)
    {
        var number = Reserve();
        Set(number, text);
        return number;
    }

    /// <summary>Gives a reserved number its object.</summary>
    public void Set(int number, string text) => objects[number - 1] = Encoding.Latin1.GetBytes(text);

    /// <summary>Adds a stream, compressed.</summary>
    /// <param name="bytes">Its content.</param>
    /// <param name="entries">Further entries of its dictionary.</param>
    public int AddStream(ReadOnlySpan<byte> bytes, string entries = "")
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
            zlib.Write(bytes);
        return AddRawStream(packed.ToArray(), $"/Filter /FlateDecode {entries}");
    }

    /// <summary>Adds a stream as it is.</summary>
    /// <param name="bytes">Its content.</param>
    /// <param name="entries">Further entries of its dictionary, its filter among them.</param>
    public int AddRawStream(ReadOnlySpan<byte> bytes, string entries)
    {
        var number = Reserve();
        objects[number - 1] =
        [
            .. Encoding.Latin1.GetBytes(string.Create(CultureInfo.InvariantCulture, $"<< {entries} /Length {bytes.Length} >>\nstream\n")), .. bytes,
            .. "\nendstream"u8,
        ];
        return number;
    }

    /// <summary>The file.</summary>
    /// <param name="root">Number of the catalogue.</param>
    /// <param name="info">Number of the information dictionary.</param>
    public byte[] Write(int root, int info)
    {
        using var file = new MemoryStream();
        file.Write("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n"u8);
        var offsets = new List<long>();
        for (var i = 0; i < objects.Count; i++)
        {
            offsets.Add(file.Position);
            Text(file, $"{i + 1} 0 obj\n");
            file.Write(objects[i] ?? throw new InvalidOperationException($"Object {i + 1} was never set."));
            Text(file, "\nendobj\n");
        }

        var id = Convert.ToHexString(SHA256.HashData(file.GetBuffer().AsSpan(0, (int)file.Length)))[..32];
        var start = file.Position;
        Text(file, $"xref\n0 {objects.Count + 1}\n0000000000 65535 f \n");
        foreach (var offset in offsets)
            Text(file, $"{offset:D10} 00000 n \n");
        Text(file, $"trailer\n<< /Size {objects.Count + 1} /Root {root} 0 R /Info {info} 0 R /ID [<{id}> <{id}>] >>\nstartxref\n{start}\n%%EOF\n");
        return file.ToArray();
    }

    /// <summary>A text as PDF writes it outside of pages.</summary>
    public static string TextString(string text) => "<FEFF" + Convert.ToHexString(Encoding.BigEndianUnicode.GetBytes(text)) + ">";

    /// <summary>A real number as PDF writes it.</summary>
    public static string Number(double value) => (Math.Round(value, 3) + 0.0).ToString("0.###", CultureInfo.InvariantCulture);

    private static void Text(Stream file, FormattableString text) => file.Write(Encoding.Latin1.GetBytes(FormattableString.Invariant(text)));

    private static void Text(Stream file, string text) => file.Write(Encoding.Latin1.GetBytes(text));
}
