using System.Text.Json.Serialization;

namespace Iml4e.Reporting;

/// <summary>Where a column's cells stand.</summary>
[JsonConverter(typeof(ColumnAlignmentJsonConverter))]
public enum ColumnAlignment
{
    /// <summary>Left, for words.</summary>
    Left,

    /// <summary>Right, for numbers.</summary>
    Right,

    /// <summary>In the middle.</summary>
    Center,
}
