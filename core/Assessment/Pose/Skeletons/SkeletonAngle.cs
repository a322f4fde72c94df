namespace Iml4e.Assessment.Pose.Skeletons;

/// <summary>An angle that a skeleton is measured by.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="From">Keypoint at the end of one leg, from 0.</param>
/// <param name="At">Keypoint at the vertex.</param>
/// <param name="To">Keypoint at the end of the other leg.</param>
public sealed record SkeletonAngle(string Name, int From, int At, int To);
