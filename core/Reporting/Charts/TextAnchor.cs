namespace Iml4e.Reporting.Charts;

/// <summary>Which end of a text stands at its place.</summary>
public enum TextAnchor
{
    /// <summary>Its start.</summary>
    Start,

    /// <summary>Its middle.</summary>
    Middle,

    /// <summary>Its end.</summary>
    End,
}
