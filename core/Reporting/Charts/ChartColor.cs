namespace Iml4e.Reporting.Charts;

/// <summary>The part a colour plays; each rendering has its own palette for light, dark and paper.</summary>
public enum ChartColor
{
    /// <summary>Words.</summary>
    Text,

    /// <summary>Lesser words: ticks and axis titles.</summary>
    Muted,

    /// <summary>The axis.</summary>
    Axis,

    /// <summary>The grid.</summary>
    Grid,

    /// <summary>The ground behind, for gaps between marks.</summary>
    Ground,

    /// <summary>A series, by index.</summary>
    Series,

    /// <summary>A step of the one-way scale, by level 0..1.</summary>
    Scale,

    /// <summary>A step of the two-way scale, by level −1..1.</summary>
    Diverging,

    /// <summary>Words on a cell of either scale, by the cell's level.</summary>
    OnScale,

    /// <summary>Good.</summary>
    Good,

    /// <summary>To be looked at.</summary>
    Warning,

    /// <summary>Bad.</summary>
    Bad,

    /// <summary>A colour that a series brings along, by index: 0xRRGGBB; the same in light, dark and on paper.</summary>
    Own,
}
