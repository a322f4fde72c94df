namespace Iml4e.Learning;

/// <summary>What a column holds.</summary>
public enum ColumnKind
{
    /// <summary>Real numbers; NaN is missing.</summary>
    Number,

    /// <summary>Names; null is missing.</summary>
    Category,

    /// <summary>Unix seconds UTC; <see cref="TimestampColumn.Missing"/> is missing.</summary>
    Timestamp,
}
