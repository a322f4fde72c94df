using Iml4e.Assessment.Pose.Coco;

namespace Iml4e.Assessment.Pose.Decoding;

/// <summary>A pose as a model gives it.</summary>
/// <param name="Points">x and y of each keypoint, pixels.</param>
/// <param name="Confidences">Of each keypoint, as the model gives it; higher is surer.</param>
public sealed record DecodedPose(double[] Points, double[] Confidences)
{
    /// <summary>How sure the pose as a whole is.</summary>
    public double Score { get; init; } = 1;

    /// <summary>Where the object is; null = the model does not say it.</summary>
    public BoundingBox? Box { get; init; }

    /// <summary>The pose where it lies in the image that the model's input was made of.</summary>
    /// <param name="placement">How the input was made.</param>
    public DecodedPose InImage(InputPlacement placement)
    {
        ArgumentNullException.ThrowIfNull(placement);
        var points = new double[Points.Length];
        for (var i = 0; i < points.Length; i += 2)
            (points[i], points[i + 1]) = placement.ToImage(Points[i], Points[i + 1]);
        if (Box is not { } box)
            return this with { Points = points };
        var (left, top) = placement.ToImage(box.X, box.Y);
        var (right, bottom) = placement.ToImage(box.X + box.Width, box.Y + box.Height);
        return this with { Points = points, Box = BoundingBox.FromCorners(left, top, right, bottom) };
    }

    /// <summary>The pose as a detection of a COCO result file.</summary>
    /// <param name="imageId">The image, in whose pixels it is.</param>
    /// <param name="categoryId">The category.</param>
    /// <param name="countsPixels">
    /// Whether keypoints are to be half a pixel less: COCO's annotators count pixels, and the middle of the first one is 0 to them and 0.5 in continuous
    /// coordinates. Models that learnt those counts as coordinates need it not.
    /// </param>
    public CocoDetection ToDetection(long imageId, long categoryId, bool countsPixels)
    {
        double[] points = [.. Points.Select(v => countsPixels ? v - .5 : v)];
        var (xs, ys) = (points.Where((_, i) => i % 2 == 0), points.Where((_, i) => i % 2 == 1));
        var box = Box ?? BoundingBox.FromCorners(xs.Min(), ys.Min(), xs.Max(), ys.Max());
        return new CocoDetection { ImageId = imageId, CategoryId = categoryId, Score = Score, Box = box, Area = box.Area, Keypoints = points };
    }
}
