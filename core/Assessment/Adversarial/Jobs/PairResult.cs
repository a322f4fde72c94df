using Iml4e.Assessment.Adversarial.Scores;

namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>What the samples of one model do to one.</summary>
/// <param name="Source">The model that they were made on.</param>
/// <param name="Judge">The model that is measured.</param>
/// <param name="Score">Of a classifier.</param>
/// <param name="Robust8Bit">Its robust accuracy on files of 8 bits.</param>
/// <param name="Transferred">Success rate on samples that both get right when clean.</param>
/// <param name="Drop">Of a detector.</param>
/// <param name="Changes">What became of its detections, image by image.</param>
internal sealed record PairResult(
    string Source, string Judge, AttackScore? Score, double? Robust8Bit, double? Transferred, MapDrop? Drop, IReadOnlyList<DetectionChange> Changes);
