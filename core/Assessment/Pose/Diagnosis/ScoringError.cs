namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>Two detections of an object, of which the worse has the higher score.</summary>
/// <param name="ImageId">The image.</param>
/// <param name="AnnotationId">The object.</param>
/// <param name="Surer">Place of the detection with the higher score.</param>
/// <param name="Better">Place of the detection with the higher similarity.</param>
/// <param name="HighScore">Score of the surer one.</param>
/// <param name="LowScore">Score of the better one.</param>
/// <param name="LowSimilarity">Similarity of the surer one with the object.</param>
/// <param name="HighSimilarity">Similarity of the better one with the object.</param>
public sealed record ScoringError(
    long ImageId, long AnnotationId, int Surer, int Better, double HighScore, double LowScore, double LowSimilarity, double HighSimilarity)
{
    /// <summary>Root of the product of both differences: how much there is to it.</summary>
    public double Relevance => Math.Sqrt((HighScore - LowScore) * (HighSimilarity - LowSimilarity));
}
