using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Json;
using Iml4e.Assessment.Pose.Results;

namespace Iml4e.Assessment.Pose.Jobs;

/// <summary>Predictions beside others on the same ground truth, with a paired bootstrap interval over images of the difference in average precision.</summary>
/// <param name="Title">What the others are called.</param>
/// <param name="Digest">Digest of the others.</param>
/// <param name="Other">The others' figures.</param>
/// <param name="Difference">Average precision less the others', with its 95 % interval.</param>
internal sealed record ValidationComparison(string Title, string Digest, CocoEvaluation Other, ConfidenceInterval Difference)
{
    /// <summary>promote, reject, or inconclusive where the interval has 0 in it or nothing can be said.</summary>
    public string Decision => Difference.Low > 0 ? "promote" : Difference.High < 0 ? "reject" : "inconclusive";

    /// <summary>Compares.</summary>
    /// <param name="title">What the others are called.</param>
    /// <param name="digest">Their digest.</param>
    /// <param name="results">The others, a COCO result file.</param>
    /// <param name="evaluation">The evaluation that they are compared with.</param>
    /// <exception cref="CocoFormatException">They are wrong.</exception>
    public static ValidationComparison Of(string title, string digest, Stream results, PoseEvaluation evaluation)
    {
        var options = evaluation.Matches.Options;
        var reading = CocoReadOptions.For(options) with { SkipInvalid = evaluation.Request.SkipInvalid };
        var other = CocoEvaluator.Match(evaluation.Truth, CocoResultsReader.Read(results, evaluation.Truth, reading).Detections, options);
        return new ValidationComparison(title, digest, other.Accumulate(), CocoBootstrap.Difference(other, evaluation.Matches));
    }
}
