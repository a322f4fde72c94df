using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Iml4e.Assessment.Experiment;

/// <summary>
/// Assigns units to arms by hash alone: no store, no cookie, the same answer on every worker. Challenger and control slices are always equally large, and
/// a unit in a slice stays there when the share grows. Nothing is allocated for units below some 480 bytes.
/// </summary>
public static class UnitAssignment
{
    private const int StackBytes = 512;

    /// <summary>The arm of a unit while the challenger has <paramref name="share"/> of the traffic.</summary>
    /// <param name="salt">The experiment's id, fresh for each experiment so that slices are drawn anew.</param>
    /// <param name="unit">The unit's id as it came: not trimmed, not normalised.</param>
    /// <param name="share">s in [0, 0.5]: u in [0, s) is challenger, u in [0.5, 0.5 + s) control.</param>
    /// <param name="hash">Which hash makes u.</param>
    public static Assignment Assign(string salt, string unit, double share, AssignmentHash hash = AssignmentHash.Sha256)
    {
        if (!(share is >= 0 and <= 0.5))
            throw new ArgumentOutOfRangeException(nameof(share), share, "The challenger's share must lie in [0, 0.5].");
        return At(hash == AssignmentHash.Sha256 ? Position(salt, unit) : GrowthBookV2(salt, unit), share);
    }

    /// <summary>
    /// The arm of a unit after promotion: <see cref="Assignment.Control"/> is held back on the old champion, <see cref="Assignment.Challenger"/> is
    /// the equally large slice of the new one it is compared with, and everyone else (<see cref="Assignment.Outside"/>) is on the new one.
    /// Units held back lie in [0.5, 0.5 + holdback), so no stage ever had them on the challenger.
    /// </summary>
    /// <param name="salt">The same salt as during the experiment.</param>
    /// <param name="unit">The unit's id.</param>
    /// <param name="holdback">Share held back, in [0, 0.5).</param>
    /// <param name="hash">Which hash makes u.</param>
    public static Assignment AssignAfterPromotion(string salt, string unit, double holdback, AssignmentHash hash = AssignmentHash.Sha256) =>
        Assign(salt, unit, holdback, hash);

    /// <summary>Whether the challenger (after promotion: the new champion) answers a unit so assigned.</summary>
    public static bool ServedByChallenger(Assignment assignment, bool promoted) =>
        assignment == Assignment.Challenger || (promoted && assignment == Assignment.Outside);

    /// <summary>u in [0, 1): the first eight bytes of SHA-256(UTF-8 of "salt:unit"), big endian, their upper 53 bits scaled by 2⁻⁵³.</summary>
    public static double Position(string salt, string unit)
    {
        ArgumentNullException.ThrowIfNull(salt);
        ArgumentNullException.ThrowIfNull(unit);
        var longest = Encoding.UTF8.GetMaxByteCount(salt.Length) + 1 + Encoding.UTF8.GetMaxByteCount(unit.Length);
        byte[]? rented = null;
        var buffer = longest <= StackBytes * 3 ? stackalloc byte[StackBytes * 3] : (rented = ArrayPool<byte>.Shared.Rent(longest));
        try
        {
            var length = Encoding.UTF8.GetBytes(salt, buffer);
            buffer[length++] = (byte)':';
            length += Encoding.UTF8.GetBytes(unit, buffer[length..]);
            Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(buffer[..length], digest);
            return (BinaryPrimitives.ReadUInt64BigEndian(digest) >> 11) * (1.0 / (1UL << 53));
        }
        finally
        {
            if (rented is not null)
                ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>GrowthBook's hash version 2: fnv1a32(decimal(fnv1a32(seed + value))) mod 10000 / 10000, over UTF-16 code units.</summary>
    public static double GrowthBookV2(string seed, string value)
    {
        ArgumentNullException.ThrowIfNull(seed);
        ArgumentNullException.ThrowIfNull(value);
        var inner = Fnv1a32(Fnv1a32(2166136261, seed), value);
        Span<char> digits = stackalloc char[10];
        inner.TryFormat(digits, out var written, default, CultureInfo.InvariantCulture);
        return Fnv1a32(2166136261, digits[..written]) % 10000 / 10000.0;
    }

    private static Assignment At(double u, double share) =>
        u < share ? Assignment.Challenger : u >= 0.5 && u < 0.5 + share ? Assignment.Control : Assignment.Outside;

    private static uint Fnv1a32(uint state, ReadOnlySpan<char> text)
    {
        foreach (var c in text)
            state = unchecked((state ^ c) * 16777619);
        return state;
    }
}
