using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Monitoring;
using Iml4e.Catalog;
using Iml4e.Functions.Retraining;

namespace Iml4e.Functions.Monitoring;

/// <summary>
/// The newest logged inputs of one model version, scored against its reference each time that half a window of new rows has come. Memory is bounded by three
/// windows. Not thread-safe; its owner locks.
/// </summary>
internal sealed class InputWindow(DriftReference reference, string version, int window, long since)
{
    private const int MostScores = 500;
    private const int MostNamed = 5;

    private readonly List<(long At, Dictionary<string, object> Values)> _rows = [];
    private readonly List<SignalScore> _scores = [];
    private int _fresh;
    private long _mark;

    /// <summary>Where the log was read to.</summary>
    public LogCursor Cursor { get; set; } = LogCursor.Start;

    /// <summary>The scores so far, the newest 500.</summary>
    public SignalReading Reading => new(version, [.. _scores]);

    /// <summary>Takes in what was read, in order of time; records of other versions, shadows, and inputs that were not logged with their values are passed over.</summary>
    public void Add(IEnumerable<PredictionRecord> records)
    {
        foreach (var record in records.Where(r => r.Version == version && r.Variant != PredictionVariant.Shadow && r.Inputs is JsonArray).OrderBy(r => r.At))
        {
            var at = record.At.ToUnixTimeMilliseconds();
            if (at <= since)
                continue;
            foreach (var values in Rows(record.Inputs!.AsArray()))
            {
                _rows.Add((at, values));
                if (++_fresh >= Math.Max(1, window / 2) && _rows.Count >= window)
                    Score();
            }
        }
    }

    private void Score()
    {
        _fresh = 0;
        var newest = _rows.GetRange(_rows.Count - window, window);
        var samples = reference.Columns.Values.ToDictionary(
            c => c.Name,
            c =>
            {
                var values = newest.Select(r => r.Values.GetValueOrDefault(c.Name)).ToList();
                return c.IsText ? ColumnSample.Of(c.Name, values.OfType<string>()) : ColumnSample.Of(c.Name, values.OfType<double>());
            },
            StringComparer.Ordinal);
        var drift = DatasetDrift.Test(reference.Calibrated, samples);
        _mark = Math.Max(Math.Max(_mark, since) + 1, newest[^1].At);
        _scores.Add(new SignalScore(_mark, drift.Share, Describe(drift)));
        if (_scores.Count > MostScores)
            _scores.RemoveAt(0);
        if (_rows.Count > 3 * window)
            _rows.RemoveRange(0, _rows.Count - window);
    }

    private string Describe(DatasetDrift drift)
    {
        var drifted = drift.Columns.Where(c => c.Drifted).OrderByDescending(c => c.Statistic / c.Threshold).ToList();
        var named = string.Join(", ", drifted.Take(MostNamed).Select(c => string.Create(
            CultureInfo.InvariantCulture, $"{c.Column} {c.Test} {c.Statistic:G3} (limit {c.Threshold:G3}, {c.ThresholdSource})")));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{drifted.Count} of {drift.Columns.Count} inputs drifted over the newest {window} predictions{(named.Length == 0 ? "" : ": " + named)}");
    }

    private IEnumerable<Dictionary<string, object>> Rows(JsonArray inputs)
    {
        var data = new Dictionary<string, JsonArray>(StringComparer.Ordinal);
        foreach (var input in inputs.OfType<JsonObject>())
        {
            if (input["data"] is JsonArray values && !input.ContainsKey("masked") && input["name"]?.GetValueKind() == JsonValueKind.String)
                data[input["name"]!.GetValue<string>()] = values;
        }

        var known = reference.Columns.Values.Where(c => data.ContainsKey(c.Input)).ToList();
        var count = known.Count == 0 ? 0 : known.Max(c => data[c.Input].Count / c.Width);
        for (var row = 0; row < count; row++)
        {
            var values = new Dictionary<string, object>(known.Count, StringComparer.Ordinal);
            foreach (var column in known)
            {
                var place = (row * column.Width) + column.Place;
                var node = place < data[column.Input].Count ? data[column.Input][place] : null;
                if (column.IsText && node?.GetValueKind() == JsonValueKind.String)
                    values[column.Name] = node.GetValue<string>();
                else if (!column.IsText && node?.GetValueKind() == JsonValueKind.Number)
                    values[column.Name] = node.GetValue<double>();
            }

            yield return values;
        }
    }
}
