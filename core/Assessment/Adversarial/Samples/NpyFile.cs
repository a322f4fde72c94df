using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Iml4e.Assessment.Adversarial.Samples;

/// <summary>Arrays of 32-bit real numbers in NumPy's file format, version 1.0.</summary>
public static partial class NpyFile
{
    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0];

    /// <summary>Writes an array.</summary>
    public static byte[] Write(ReadOnlySpan<float> values, params ReadOnlySpan<int> shape)
    {
        var dimensions = string.Join(", ", shape.ToArray().Select(d => d.ToString(CultureInfo.InvariantCulture)));
        var header = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({dimensions}{(shape.Length == 1 ? "," : "")}), }}";
        // Data begin at a multiple of 64 bytes; the header ends with a line feed.
        header = header.PadRight((header.Length + 11 + 63) / 64 * 64 - 11) + "\n";
        var result = new byte[10 + header.Length + values.Length * 4];
        Magic.CopyTo(result);
        BinaryPrimitives.WriteUInt16LittleEndian(result.AsSpan(8), (ushort)header.Length);
        Encoding.ASCII.GetBytes(header, result.AsSpan(10));
        MemoryMarshal.AsBytes(values).CopyTo(result.AsSpan(10 + header.Length));
        return result;
    }

    /// <summary>Reads an array.</summary>
    /// <exception cref="InvalidDataException">It is none of 32-bit real numbers in C order.</exception>
    public static (float[] Values, int[] Shape) Read(ReadOnlySpan<byte> file)
    {
        if (file.Length < 10 || !file[..8].SequenceEqual(Magic))
            throw new InvalidDataException("no NumPy array of version 1.0");
        var length = BinaryPrimitives.ReadUInt16LittleEndian(file[8..]);
        if (10 + length > file.Length)
            throw new InvalidDataException("the array is cut off");
        var header = Encoding.ASCII.GetString(file.Slice(10, length));
        var match = Header().Match(header);
        if (!match.Success)
            throw new InvalidDataException("only arrays of 32-bit real numbers ('<f4') in C order are read");
        var shape = match.Groups[1].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(d => int.Parse(d, CultureInfo.InvariantCulture)).ToArray();
        var count = shape.Aggregate(1L, (all, d) => checked(all * d));
        return count * 4 == file.Length - 10 - length
            ? (MemoryMarshal.Cast<byte, float>(file[(10 + length)..]).ToArray(), shape)
            : throw new InvalidDataException("the array does not have the size that its header says");
    }

    [GeneratedRegex(@"^\{'descr': '<f4', 'fortran_order': False, 'shape': \(((?:\d{1,9}, ?)*\d{0,9},?)\), \}\s*$")]
    private static partial Regex Header();
}
