using System.Text.Json.Serialization;

namespace Iml4e.Learning;

/// <summary>One input of a model we trained, and the features that its graph derives from it.</summary>
public sealed record FeatureInput
{
    /// <summary>Name of the model's input: the column's, or "column_history".</summary>
    public required string Name { get; init; }

    /// <summary>The column that feeds it.</summary>
    public required string Column { get; init; }

    /// <summary>
    /// Number: FP32 [N,1], NaN = missing. Category: BYTES [N,1], "" = missing. Timestamp: INT64 [N,1], unix seconds UTC, the least INT64 = missing.
    /// </summary>
    public required ColumnKind Kind { get; init; }

    /// <summary>0, or the width L of a history FP32 [N,L]: the L rows before this one, oldest first, last = previous row.</summary>
    public int History { get; init; }

    /// <summary>Lags read from the history.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<int>? Lags { get; init; }

    /// <summary>Categories that are told apart, in that order; "" is the missing one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Categories { get; init; }

    /// <summary>How the categories become features.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public CategoryEncoding Encoding { get; init; }

    /// <summary>Names of the features that come of it.</summary>
    internal IEnumerable<string> FeatureNames() => Kind switch
    {
        _ when Lags is not null => Lags.Select(lag => $"{Column}.lag_{lag}"),
        ColumnKind.Category when Encoding == CategoryEncoding.Code => [Column],
        ColumnKind.Category => Categories!.Select(c => c.Length == 0 ? $"{Column}.missing" : $"{Column}={c}"),
        ColumnKind.Timestamp => CalendarFeatures.Names.Select(n => $"{Column}.{n}"),
        _ => [Column],
    };
}
