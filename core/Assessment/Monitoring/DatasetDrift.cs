namespace Iml4e.Assessment.Monitoring;

/// <summary>The drift of a whole table: the share of its columns that have drifted.</summary>
/// <param name="Columns">The columns that could be tested.</param>
public sealed record DatasetDrift(IReadOnlyList<ColumnDrift> Columns)
{
    /// <summary>Drifted columns over tested ones; null when none could be tested.</summary>
    public double? Share => Columns.Count == 0 ? null : (double)Columns.Count(c => c.Drifted) / Columns.Count;

    /// <summary>Tests a window against calibrated columns; those that the window does not have, or has too little of, are left out.</summary>
    public static DatasetDrift Test(IEnumerable<CalibratedColumn> reference, IReadOnlyDictionary<string, ColumnSample> current)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(current);
        return new DatasetDrift([.. reference.Select(c => current.TryGetValue(c.Name, out var sample) ? c.Test(sample) : null).OfType<ColumnDrift>()]);
    }
}
