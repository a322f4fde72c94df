namespace Iml4e.Assessment.Pose.Skeletons;

/// <summary>The estimated sigma of a keypoint.</summary>
/// <param name="Poses">Poses in which both annotators labelled it.</param>
/// <param name="Sigma">Its sigma; null = there are too few of them.</param>
/// <param name="Low">Lower end of the 95 % bootstrap interval.</param>
/// <param name="High">Upper end.</param>
public sealed record SigmaEstimate(int Poses, double? Sigma, double? Low, double? High);
