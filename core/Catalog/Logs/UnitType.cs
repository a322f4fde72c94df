namespace Iml4e.Catalog;

/// <summary>
/// The type of a unit, as ids of the form type and number say it: building-17 and building-4711 are of one type, user:5 is of another. It is all that is kept
/// of an id in the clear, so it is only taken where it names a kind: letters, one of <c>- _ : . /</c> or a space, and then no letter any more.
/// </summary>
public static class UnitType
{
    private const int Longest = 40;

    /// <summary>The letters that an id of that form begins with; empty for any other.</summary>
    public static ReadOnlySpan<char> Of(ReadOnlySpan<char> unit)
    {
        var length = 0;
        while (length < unit.Length && char.IsLetter(unit[length]))
            length++;
        if (length is 0 or > Longest || length + 1 >= unit.Length || !"-_:./ ".Contains(unit[length]))
            return default;
        var number = false;
        foreach (var c in unit[(length + 1)..])
        {
            if (char.IsLetter(c))
                return default;
            number |= char.IsAsciiDigit(c);
        }

        return number ? unit[..length] : default;
    }
}
