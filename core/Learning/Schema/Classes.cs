using System.Globalization;

namespace Iml4e.Learning;

/// <summary>The classes of a label column, and each row's.</summary>
/// <param name="Names">In order: by value for numbers, ordinal for names.</param>
/// <param name="AreIntegers">Whether the label column held numbers.</param>
internal sealed record Classes(IReadOnlyList<string> Names, bool AreIntegers)
{
    /// <summary>Most classes that are taken.</summary>
    public const int Most = 200;

    /// <summary>The classes among the given rows.</summary>
    public static Classes Learn(Column label, ReadOnlySpan<int> rows)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in rows)
            if (Text(label, row) is { } text && names.Add(text) && names.Count > Most)
                throw new TrainingDataException("data.label", $"column '{label.Name}' has more than {Most} classes; is this a regression?");
        if (names.Count < 2)
            throw new TrainingDataException(
                "data.label", $"labels.single_class: the training rows of '{label.Name}' have {names.Count} class; at least two are needed");
        return label is NumberColumn
            ? new Classes([.. names.OrderBy(n => long.Parse(n, CultureInfo.InvariantCulture))], true)
            : new Classes([.. names.Order(StringComparer.Ordinal)], false);
    }

    /// <summary>A row's class as text ("1" for 1.0); null when it has none.</summary>
    public static string? Text(Column label, int row)
    {
        if (label.IsMissing(row))
            return null;
        switch (label)
        {
            case CategoryColumn names:
                return names.Values[row]!.Length == 0 ? null : names.Values[row];
            case NumberColumn numbers:
                var value = numbers.Values[row];
                if (value != Math.Floor(value) || Math.Abs(value) > 1e15)
                    throw new TrainingDataException("data.label",
                        string.Create(CultureInfo.InvariantCulture, $"column '{label.Name}' holds {value}; classes are whole numbers or names"));
                return ((long)value).ToString(CultureInfo.InvariantCulture);
            default:
                throw new TrainingDataException("data.label", $"column '{label.Name}' holds timestamps; classes are whole numbers or names");
        }
    }

    /// <summary>Each row's class index, -1 for a class that is not among these.</summary>
    public double[] Indices(Column label, ReadOnlySpan<int> rows)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < Names.Count; i++)
            places[Names[i]] = i;
        var indices = new double[rows.Length];
        for (var r = 0; r < rows.Length; r++)
            indices[r] = Text(label, rows[r]) is { } text && places.TryGetValue(text, out var place) ? place : -1;
        return indices;
    }
}
