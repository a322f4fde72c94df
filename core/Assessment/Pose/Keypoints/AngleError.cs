namespace Iml4e.Assessment.Pose.Keypoints;

/// <summary>How well an angle of the skeleton is found.</summary>
/// <param name="Name">The angle.</param>
/// <param name="Poses">Poses in which it could be measured.</param>
/// <param name="Mean">Mean absolute error, degrees; null when it could be measured in none.</param>
/// <param name="Percentile95">Error, in degrees, that 95 % of them do not exceed; null when it could be measured in none.</param>
public sealed record AngleError(string Name, int Poses, double? Mean, double? Percentile95);
