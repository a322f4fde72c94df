namespace Iml4e.Reporting.Charts;

/// <summary>A matrix in colours, such as a confusion matrix.</summary>
public sealed record HeatMap : Chart
{
    /// <summary>Names of the columns.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>Names of the rows, from the top.</summary>
    public required IReadOnlyList<string> Rows { get; init; }

    /// <summary>[row][column]; null for an empty cell.</summary>
    public required IReadOnlyList<IReadOnlyList<double?>> Values { get; init; }

    /// <summary>A .NET number format for the numbers in the cells; null for up to three significant digits.</summary>
    public string? Format { get; init; }

    /// <summary>Whether colours run both ways from zero.</summary>
    public bool Diverging { get; init; }

    /// <summary>Whether cells carry their numbers where there is room.</summary>
    public bool Numbers { get; init; } = true;
}
