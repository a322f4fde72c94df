namespace Iml4e.Catalog;

/// <summary>The rule for names of models, data sets and pipelines: 1 to 63 of a-z, 0-9, '-' and '_', beginning and ending with a letter or digit.</summary>
public static class ResourceName
{
    /// <summary>True when the name keeps the rule.</summary>
    public static bool IsValid(string? name)
    {
        if (name is null || name.Length is 0 or > 63 || !IsEdge(name[0]) || !IsEdge(name[^1]))
            return false;
        foreach (var c in name)
        {
            if (!IsEdge(c) && c is not ('-' or '_'))
                return false;
        }

        return true;
    }

    /// <summary>Gives the name back when it keeps the rule.</summary>
    /// <exception cref="ArgumentException">It does not; the message says what would.</exception>
    public static string Check(string? name, string what = "name")
        => IsValid(name)
            ? name!
            : throw new CatalogArgumentException(
                $"{what}: {Quote(name)} is not a valid name; use 1 to 63 of a-z, 0-9, '-' and '_', beginning and ending with a letter or digit");

    /// <summary>Caller's text as it may appear in a message: quoted, shortened, printable ASCII only.</summary>
    internal static string Quote(string? text)
    {
        if (text is null)
            return "nothing";
        var shown = text.Length > 80 ? text[..80] + "..." : text;
        return $"'{string.Create(shown.Length, shown, static (to, from) =>
        {
            for (var i = 0; i < from.Length; i++)
                to[i] = from[i] is >= ' ' and <= '~' ? from[i] : '?';
        })}'";
    }

    private static bool IsEdge(char c) => c is (>= 'a' and <= 'z') or (>= '0' and <= '9');
}
