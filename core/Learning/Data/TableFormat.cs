namespace Iml4e.Learning;

/// <summary>How a table is written.</summary>
public enum TableFormat
{
    /// <summary>RFC 4180, with a header line.</summary>
    Csv,

    /// <summary>A JSON object a line, columns by name.</summary>
    Ndjson,
}
