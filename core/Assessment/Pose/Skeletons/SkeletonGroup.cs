namespace Iml4e.Assessment.Pose.Skeletons;

/// <summary>Keypoints that a table sums up, such as both elbows.</summary>
/// <param name="Name">What they are called together.</param>
/// <param name="Points">Places of the keypoints, from 0.</param>
public sealed record SkeletonGroup(string Name, IReadOnlyList<int> Points);
