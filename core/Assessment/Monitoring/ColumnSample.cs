namespace Iml4e.Assessment.Monitoring;

/// <summary>Values of one column in the order of time, those that are missing or not finite left out.</summary>
public sealed class ColumnSample
{
    private const int MostCategories = 5;

    private ColumnSample(string name, double[]? numbers, string[]? categories) => (Name, Numbers, Categories) = (name, numbers, categories);

    /// <summary>The column.</summary>
    public string Name { get; }

    /// <summary>The values of a column of numbers; null for categories.</summary>
    public IReadOnlyList<double>? Numbers { get; }

    /// <summary>The values of a column of categories; null for numbers.</summary>
    public IReadOnlyList<string>? Categories { get; }

    /// <summary>Number of values.</summary>
    public int Count => Numbers?.Count ?? Categories!.Count;

    /// <summary>A column of numbers.</summary>
    public static ColumnSample Of(string name, IEnumerable<double> numbers) => new(name, [.. numbers.Where(double.IsFinite)], null);

    /// <summary>A column of categories.</summary>
    public static ColumnSample Of(string name, IEnumerable<string> categories) => new(name, null, [.. categories.Where(c => c.Length > 0)]);

    /// <summary>
    /// The column as it is tested: whole numbers of at most five different values are categories. The reference is asked, and the other sample follows it.
    /// </summary>
    public static (ColumnSample Reference, ColumnSample Current) Typed(ColumnSample reference, ColumnSample current)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(current);
        return reference.Numbers is { } numbers && numbers.All(v => v == Math.Floor(v)) && numbers.Distinct().Take(MostCategories + 1).Count() <= MostCategories
            ? (reference.AsCategories(), current.AsCategories())
            : (reference, current);
    }

    /// <summary>The same values as categories.</summary>
    public ColumnSample AsCategories() => Numbers is null
        ? this
        : new ColumnSample(Name, null, [.. Numbers.Select(v => v.ToString("R", System.Globalization.CultureInfo.InvariantCulture))]);
}
