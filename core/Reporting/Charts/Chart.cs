using System.Text.Json.Serialization;

namespace Iml4e.Reporting.Charts;

/// <summary>A chart, as data; where its marks come to lie is for <see cref="ChartLayout"/> to say.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(LineChart), "line")]
[JsonDerivedType(typeof(BarChart), "bar")]
[JsonDerivedType(typeof(ScatterChart), "scatter")]
[JsonDerivedType(typeof(HeatMap), "heatMap")]
[JsonDerivedType(typeof(SkeletonChart), "skeleton")]
public abstract record Chart
{
    /// <summary>What it shows.</summary>
    public required string Title { get; init; }

    /// <summary>What is to be seen in it, for those who cannot see it; null for the title alone.</summary>
    public string? Description { get; init; }

    /// <summary>What runs along x, with its unit; null for none.</summary>
    public string? XTitle { get; init; }

    /// <summary>What runs along y, with its unit; null for none.</summary>
    public string? YTitle { get; init; }
}
