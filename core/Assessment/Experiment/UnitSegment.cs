namespace Iml4e.Assessment.Experiment;

/// <summary>The type of a unit, as its id says it: building-17 and building-4711 are of one type, user-5 is of another.</summary>
public static class UnitSegment
{
    /// <summary>The most types that are told apart; units of further ones count under <see cref="Other"/>.</summary>
    public const int Most = 20;

    /// <summary>The type of ids that do not begin with a letter, and of those beyond <see cref="Most"/>.</summary>
    public const string Other = "other";

    private const int LongestName = 40;

    /// <summary>The letters that an id begins with.</summary>
    public static ReadOnlySpan<char> Of(ReadOnlySpan<char> unit)
    {
        var length = 0;
        while (length < unit.Length && length < LongestName && char.IsLetter(unit[length]))
            length++;
        return length == 0 ? Other : unit[..length];
    }
}
