using System.Globalization;

namespace Iml4e.Learning;

/// <summary>Computes in managed code the feature matrix that the ONNX graph computes when serving.</summary>
/// <remarks>Training uses this one, serving the graph; the parity check of every training run holds them against each other.</remarks>
internal static class FeatureExtractor
{
    /// <summary>Most numbers in one matrix (0.4 GB); trainers keep copies of it.</summary>
    private const long MaxNumbers = 100_000_000;

    /// <summary>Row-major [rows, features], bit for bit what the graph gives.</summary>
    /// <param name="schema">What to derive.</param>
    /// <param name="frame">Rows in order of time.</param>
    /// <param name="rows">Which of them.</param>
    public static float[] Extract(FeatureSchema schema, DataFrame frame, ReadOnlySpan<int> rows)
    {
        var width = schema.Features.Count;
        if ((long)rows.Length * width > MaxNumbers)
            throw new TrainingDataException("data", $"{rows.Length} rows of {width} features are too many; use train.window or fewer features");
        var values = new float[rows.Length * width];
        var at = 0;
        foreach (var input in schema.Inputs)
            at += Fill(input, frame[input.Column], rows, values, width, at);
        return values;
    }

    /// <summary>A number as float32; what float32 cannot hold is refused.</summary>
    public static float ToSingle(double value, string column, int row)
    {
        var single = (float)value;
        return float.IsInfinity(single)
            ? throw new TrainingDataException($"data.column[{column}]",
                string.Create(CultureInfo.InvariantCulture, $"{value} in row {row + 1} (in order of time) does not fit float32"))
            : single;
    }

    private static int Fill(FeatureInput input, Column column, ReadOnlySpan<int> rows, float[] values, int width, int at)
    {
        if (input.Lags is { } lags)
        {
            var numbers = ((NumberColumn)column).Values;
            for (var r = 0; r < rows.Length; r++)
                for (var k = 0; k < lags.Count; k++)
                    values[(r * width) + at + k] = rows[r] >= lags[k] ? ToSingle(numbers[rows[r] - lags[k]], column.Name, rows[r] - lags[k]) : float.NaN;
            return lags.Count;
        }
        switch (column)
        {
            case NumberColumn numbers:
                for (var r = 0; r < rows.Length; r++)
                    values[(r * width) + at] = ToSingle(numbers.Values[rows[r]], column.Name, rows[r]);
                return 1;
            case TimestampColumn moments:
                for (var r = 0; r < rows.Length; r++)
                    CalendarFeatures.Write(moments.Values[rows[r]], values.AsSpan((r * width) + at, CalendarFeatures.Names.Count));
                return CalendarFeatures.Names.Count;
            default:
                var places = new Dictionary<string, int>(StringComparer.Ordinal);
                for (var k = 0; k < input.Categories!.Count; k++)
                    places[input.Categories[k]] = k;
                var names = ((CategoryColumn)column).Values;
                if (input.Encoding == CategoryEncoding.Code)
                {
                    for (var r = 0; r < rows.Length; r++)
                        values[(r * width) + at] = places.TryGetValue(names[rows[r]] ?? "", out var code) ? code : float.NaN;
                    return 1;
                }
                for (var r = 0; r < rows.Length; r++)
                    if (places.TryGetValue(names[rows[r]] ?? "", out var place))
                        values[(r * width) + at + place] = 1;
                return places.Count;
        }
    }
}
