namespace Iml4e.Assessment.Pose.Skeletons;

/// <summary>An object whose keypoints were annotated twice, independently.</summary>
/// <param name="First">x and y of each keypoint; NaN = not labelled.</param>
/// <param name="Second">The same by the other annotator.</param>
/// <param name="Area">Of the object, pixels², above 0.</param>
public sealed record TwicePose(IReadOnlyList<double> First, IReadOnlyList<double> Second, double Area);
