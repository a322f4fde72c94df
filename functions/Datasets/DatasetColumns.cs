using Iml4e.Catalog;
using Iml4e.Learning;

namespace Iml4e.Functions.Datasets;

/// <summary>The columns of a data set between the reader, which infers them, and the catalogue, which keeps what was inferred.</summary>
internal static class DatasetColumns
{
    /// <summary>The columns of a version whose newest part is this table.</summary>
    /// <param name="table">The part, as it was read.</param>
    /// <param name="before">Columns of the parts before it; null when there are none, or when they were added before columns were kept.</param>
    /// <param name="masked">Columns of which no value is kept here.</param>
    public static IReadOnlyList<DatasetColumn> After(TableSummary table, IReadOnlyList<DatasetColumn>? before, IReadOnlySet<string> masked)
    {
        var known = Known(before);
        return
        [
            .. table.Columns.Select(c =>
            {
                var inference = known.TryGetValue(c.Name, out var earlier) ? earlier.Then(c.Inference) : c.Inference;
                return Stored(c.Name, masked.Contains(c.Name) ? inference.WithoutValues() : inference);
            }),
        ];
    }

    /// <summary>What the parts so far were taken for.</summary>
    public static IReadOnlyDictionary<string, ColumnInference> Known(IReadOnlyList<DatasetColumn>? columns) =>
        (columns ?? []).ToDictionary(c => c.Name, Inference);

    /// <summary>The columns, without any value of those that are masked.</summary>
    public static IReadOnlyList<DatasetColumn>? Withhold(IReadOnlyList<DatasetColumn>? columns, IReadOnlySet<string> masked) =>
        masked.Count == 0 ? columns : columns?.Select(c => masked.Contains(c.Name) ? Stored(c.Name, Inference(c).WithoutValues()) : c).ToArray();

    /// <summary>Refuses a part that could not be read together with the parts before it.</summary>
    public static void Check(TableSummary table, DatasetVersion before)
    {
        if (before.Columns is not { } columns)
            return;
        var absent = columns.Select(c => c.Name).Where(n => !table.Has(n)).ToArray();
        var extra = table.Columns.Select(c => c.Name).Except(columns.Select(c => c.Name)).ToArray();
        if (absent.Length > 0)
            throw new TrainingDataException(
                "data.columns", $"without the columns {Said(absent)} of version {before.Version}; with mode=replace other columns may come");
        if (extra.Length > 0)
            throw new TrainingDataException(
                "data.columns", $"with the columns {Said(extra)} that version {before.Version} has not; with mode=replace other columns may come");
    }

    /// <summary>Reads kinds that a caller declares, each as <c>column:kind</c>.</summary>
    public static IReadOnlyDictionary<string, ColumnKind> Declared(IReadOnlyList<string?> types)
    {
        var kinds = new Dictionary<string, ColumnKind>(StringComparer.Ordinal);
        foreach (var type in types)
        {
            // A column's name may hold a colon, a kind does not.
            var colon = type!.LastIndexOf(':');
            var kind = Enum.GetValues<ColumnKind>().Where(k => Name(k) == type[(colon + 1)..]).ToArray();
            if (colon < 1 || kind.Length == 0)
                throw Http.ApiException.Invalid(
                    "type", "must be a column's name and number, category or timestamp, as in type=zip:category; once for each column");
            if (!kinds.TryAdd(type[..colon], kind[0]))
                throw Http.ApiException.Invalid("type", "names a column twice");
        }
        return kinds;
    }

    private static DatasetColumn Stored(string name, ColumnInference inference) => new()
    {
        Name = name,
        Kind = Name(inference.Kind),
        Format = inference.Format,
        Declared = inference.Declared,
        Rows = inference.Rows,
        Missing = inference.Missing,
        Fitting = inference.Numbers,
        Assumed = inference.Summary,
        Examples = [.. inference.Examples.Select(e => new DatasetExample(e.Row, e.Line, e.Value, e.Expected))],
    };

    private static ColumnInference Inference(DatasetColumn column) => new()
    {
        Kind = Enum.Parse<ColumnKind>(column.Kind, ignoreCase: true),
        Format = column.Format,
        Declared = column.Declared,
        Rows = column.Rows,
        Missing = column.Missing,
        Numbers = column.Fitting,
        Examples = [.. column.Examples.Select(e => new FallbackExample(e.Row, e.Line, e.Value, e.Expected))],
    };

    private static string Name(ColumnKind kind) => kind.ToString().ToLowerInvariant();

    private static string Said(string[] names) => string.Join(", ", names.Take(20)) + (names.Length > 20 ? ", …" : "");
}
