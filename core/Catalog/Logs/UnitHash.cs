using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Iml4e.Catalog;

/// <summary>
/// What is kept of an assignment unit's id: the SHA-256 of its UTF-8 bytes as 64 lower-case hexadecimal digits, the same in every log, so that records of
/// one unit are found together and nobody reads who it was. Ids out of a small domain can be found again by trying all there are; where that matters the
/// unit is masked with a key (<see cref="FieldMask.Unit"/>).
/// </summary>
public static class UnitHash
{
    /// <summary>Characters of a hash.</summary>
    public const int Length = 2 * SHA256.HashSizeInBytes;

    private const int StackBytes = 512;

    /// <summary>The hash of a unit's id; not trimmed, not normalised.</summary>
    public static string Of(string unit) => string.Create(Length, unit, static (to, unit) =>
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        Compute(unit, digest);
        Convert.TryToHexStringLower(digest, to, out _);
    });

    /// <summary>Writes the hash of a unit's id in ASCII into <see cref="Length"/> bytes.</summary>
    internal static void Write(string unit, Span<byte> to)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        Compute(unit, digest);
        Convert.TryToHexStringLower(digest, to, out _);
    }

    /// <summary>The hash of what older records have in its place: the id itself, or what a mask made of it, which stays.</summary>
    internal static string OfStored(string unit) => MaskedValue.IsMasked(unit) ? unit : Of(unit);

    private static void Compute(string unit, Span<byte> digest)
    {
        var longest = Encoding.UTF8.GetMaxByteCount(unit.Length);
        byte[]? rented = null;
        var buffer = longest <= StackBytes ? stackalloc byte[StackBytes] : (rented = ArrayPool<byte>.Shared.Rent(longest));
        SHA256.HashData(buffer[..Encoding.UTF8.GetBytes(unit, buffer)], digest);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
    }
}
