namespace Iml4e.Reporting.Images;

/// <summary>The cyclic redundancy check of a PNG chunk (ISO 3309, 32 bits).</summary>
internal static class PngChecksum
{
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(n =>
    {
        var c = (uint)n;
        for (var k = 0; k < 8; k++)
            c = (c & 1) != 0 ? 0xEDB88320 ^ (c >> 1) : c >> 1;
        return c;
    })];

    /// <summary>Of a chunk's type and body.</summary>
    public static uint Of(ReadOnlySpan<byte> type, ReadOnlySpan<byte> body) => ~Add(Add(uint.MaxValue, type), body);

    private static uint Add(uint sum, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
            sum = Table[(sum ^ b) & 0xFF] ^ (sum >> 8);
        return sum;
    }
}
