namespace Iml4e.Assessment.Pose.Coco;

/// <summary>An image of a data set.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Width">Pixels; 0 = not said.</param>
/// <param name="Height">Pixels; 0 = not said.</param>
/// <param name="FileName">Where it lies; null = not said.</param>
public sealed record CocoImage(long Id, int Width, int Height, string? FileName);
