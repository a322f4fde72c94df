using System.Buffers.Binary;

namespace Iml4e.Reporting.Images;

/// <summary>What must be known of a JPEG file to place it.</summary>
internal static class JpegFile
{
    /// <summary>Whether bytes begin as a JPEG file does.</summary>
    public static bool Is(ReadOnlySpan<byte> file) => file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]);

    /// <summary>Its measures.</summary>
    /// <exception cref="FormatException">It is no JPEG file in grey or colour.</exception>
    public static ImageHeader Read(ReadOnlySpan<byte> file)
    {
        var at = 2;
        while (at + 4 <= file.Length && file[at] == 0xFF)
        {
            var marker = file[at + 1];
            if (marker == 0xFF)
            {
                at++;
                continue;
            }

            // Frame headers, but not the tables whose markers lie among theirs.
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                if (at + 10 > file.Length)
                    break;
                var header = new ImageHeader(
                    BinaryPrimitives.ReadUInt16BigEndian(file[(at + 7)..]), BinaryPrimitives.ReadUInt16BigEndian(file[(at + 5)..]), file[at + 9]);
                return header is { Width: > 0, Height: > 0, Channels: 1 or 3 } && file[at + 4] == 8
                    ? header
                    : throw new FormatException("A JPEG file of a report is grey or in three colours, eight bits each.");
            }

            at += 2 + BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]);
        }

        throw new FormatException("This JPEG file has no picture.");
    }
}
