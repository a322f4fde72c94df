using Iml4e.Assessment.Monitoring;
using Iml4e.Inference;
using Iml4e.Learning;

namespace Iml4e.Functions.Monitoring;

/// <summary>What a model version's inputs looked like in the data that it was trained and validated on, calibrated for windows of one length.</summary>
/// <param name="Columns">The columns of the inputs, by name.</param>
/// <param name="Calibrated">The columns with their limits.</param>
internal sealed record DriftReference(IReadOnlyDictionary<string, InputColumn> Columns, IReadOnlyList<CalibratedColumn> Calibrated)
{
    private const int MostRows = 50_000;

    /// <summary>Makes the reference of the newest rows that have a label, in order of time.</summary>
    /// <param name="metadata">The model.</param>
    /// <param name="frame">The data that it was trained and validated on.</param>
    /// <param name="label">The label column.</param>
    /// <param name="time">The column that orders the rows; null when there is none.</param>
    /// <param name="rows">Newest rows that the training saw; null when that is not known: all.</param>
    /// <param name="window">Rows in a window.</param>
    public static DriftReference Of(ModelMetadata metadata, DataFrame frame, string label, string? time, int? rows, int window)
    {
        if (time is not null)
            frame = frame.SortByTime(time);
        var labelled = Enumerable.Range(0, frame.RowCount).Where(r => !frame.Has(label) || !frame[label].IsMissing(r)).ToArray();
        var newest = labelled[Math.Max(0, labelled.Length - Math.Min(rows ?? MostRows, MostRows))..];
        var columns = new Dictionary<string, InputColumn>(StringComparer.Ordinal);
        var calibrated = new List<CalibratedColumn>();
        foreach (var tensor in FrameScorer.Inputs(metadata, frame, label, new ScoringOptions { Rows = newest, Time = time }))
        {
            // Moments always differ from those of the training.
            if (frame.Has(tensor.Name) && frame[tensor.Name] is TimestampColumn)
                continue;
            var texts = tensor.Bytes is null ? null : tensor.ToStrings();
            var numbers = texts is null ? tensor.ToDoubles() : null;
            foreach (var column in InputColumn.Of(tensor.Name, tensor.Datatype, tensor.Shape))
            {
                var places = Enumerable.Range(0, newest.Length).Select(r => (r * column.Width) + column.Place);
                var sample = texts is null ? ColumnSample.Of(column.Name, places.Select(i => numbers![i])) : ColumnSample.Of(column.Name, places.Select(i => texts[i]));
                if (sample.Count < CalibratedColumn.LeastValues)
                    continue;
                columns[column.Name] = column;
                calibrated.Add(CalibratedColumn.Of(sample, window));
            }
        }

        return new DriftReference(columns, calibrated);
    }
}
