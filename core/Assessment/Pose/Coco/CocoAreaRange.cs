namespace Iml4e.Assessment.Pose.Coco;

/// <summary>A range of object sizes, both ends within it.</summary>
/// <param name="Name">What it is called in summaries.</param>
/// <param name="Least">Pixels².</param>
/// <param name="Most">Pixels².</param>
public sealed record CocoAreaRange(string Name, double Least, double Most)
{
    /// <summary>Every size.</summary>
    public static CocoAreaRange All { get; } = new("all", 0, 1e10);

    /// <summary>Up to 32 x 32.</summary>
    public static CocoAreaRange Small { get; } = new("small", 0, 1024);

    /// <summary>32 x 32 to 96 x 96.</summary>
    public static CocoAreaRange Medium { get; } = new("medium", 1024, 9216);

    /// <summary>From 96 x 96.</summary>
    public static CocoAreaRange Large { get; } = new("large", 9216, 1e10);

    /// <summary>Whether a size belongs to it.</summary>
    public bool Holds(double area) => !(area < Least || area > Most);
}
