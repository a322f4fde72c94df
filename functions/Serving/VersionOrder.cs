using System.Globalization;

namespace Iml4e.Functions.Serving;

/// <summary>Versions in order: as numbers when both are, else by their characters.</summary>
internal sealed class VersionOrder : IComparer<string>
{
    /// <summary>The one there is.</summary>
    public static VersionOrder Instance { get; } = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y) =>
        long.TryParse(x, NumberStyles.None, CultureInfo.InvariantCulture, out var first) && long.TryParse(y, NumberStyles.None, CultureInfo.InvariantCulture, out var second)
            ? first.CompareTo(second)
            : string.CompareOrdinal(x, y);
}
