namespace Iml4e.Assessment.Pose.Coco;

/// <summary>A box in pixels: its top left corner and its size, continuous coordinates (a box from 0 to 1 is 1 wide).</summary>
/// <param name="X">Left.</param>
/// <param name="Y">Top.</param>
/// <param name="Width">0 or more.</param>
/// <param name="Height">0 or more.</param>
public readonly record struct BoundingBox(double X, double Y, double Width, double Height)
{
    /// <summary>Width times height.</summary>
    public double Area => Width * Height;

    /// <summary>A box by its corners.</summary>
    public static BoundingBox FromCorners(double left, double top, double right, double bottom) => new(left, top, right - left, bottom - top);

    /// <summary>
    /// Intersection over union, 0..1; 0 where the boxes do not meet. Of a crowd region the union is the box's own area (COCO evaluation, <c>bbIou</c>).
    /// </summary>
    /// <param name="other">The other box; the ground truth where one is a crowd.</param>
    /// <param name="otherIsCrowd">Whether the other is a crowd region.</param>
    public double Iou(BoundingBox other, bool otherIsCrowd = false)
    {
        var width = Math.Min(Width + X, other.Width + other.X) - Math.Max(X, other.X);
        if (width <= 0)
            return 0;
        var height = Math.Min(Height + Y, other.Height + other.Y) - Math.Max(Y, other.Y);
        if (height <= 0)
            return 0;
        var both = width * height;
        return both / (otherIsCrowd ? Area : Area + other.Area - both);
    }
}
