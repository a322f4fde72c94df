using System.Globalization;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Diagnosis;
using Iml4e.Assessment.Pose.Json;
using Iml4e.Assessment.Pose.Keypoints;

namespace Iml4e.Assessment.Pose.Results;

/// <summary>All that was found out about a result file.</summary>
public sealed record PoseEvaluation
{
    /// <summary>What was wanted.</summary>
    public required PoseEvaluationRequest Request { get; init; }

    /// <summary>The ground truth.</summary>
    public required CocoDataset Truth { get; init; }

    /// <summary>The detections.</summary>
    public required IReadOnlyList<CocoDetection> Detections { get; init; }

    /// <summary>Detections matched image by image, for intervals and comparisons.</summary>
    public required CocoMatches Matches { get; init; }

    /// <summary>The benchmark's figures.</summary>
    public required CocoEvaluation Figures { get; init; }

    /// <summary>Whether sizes of detections are those of boxes that the file has, and not the extents of keypoints.</summary>
    public required bool HasBoxes { get; init; }

    /// <summary>The diagnosis; null when it was not wanted.</summary>
    public PoseDiagnosis? Diagnosis { get; init; }

    /// <summary>Other figures; null when none was wanted.</summary>
    public KeypointAccuracy? Accuracy { get; init; }

    /// <summary>What a reader of the figures should know.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>The first records that were left out because they are wrong.</summary>
    public required IReadOnlyList<RecordFault> Skipped { get; init; }

    /// <summary>Reads and evaluates. Both files are read at the same time.</summary>
    /// <param name="groundTruth">COCO ground truth, UTF-8 JSON.</param>
    /// <param name="results">COCO results, UTF-8 JSON.</param>
    /// <param name="request">What is wanted.</param>
    /// <exception cref="CocoFormatException">A file is wrong.</exception>
    /// <exception cref="ArgumentException">What is wanted cannot be had of these files.</exception>
    public static PoseEvaluation Of(Stream groundTruth, Stream results, PoseEvaluationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var keypoints = request.Kind == CocoEvaluationKind.Keypoints;
        if (!keypoints && (request.Analysis is not null || request.Metrics.Count > 0))
            throw new ArgumentException("The diagnosis of errors and the figures of keypoints are of keypoints, not of boxes.", nameof(request));
        var options = (keypoints ? CocoEvaluationOptions.Keypoints(request.Skeleton.Sigmas) : CocoEvaluationOptions.Boxes) with
        {
            ClassAgnostic = request.ClassAgnostic, Threads = request.Threads,
        };
        var reading = CocoReadOptions.For(options) with { SkipInvalid = request.SkipInvalid };
        var (truth, found) = Read(groundTruth, results, reading, request.Threads);
        var matches = CocoEvaluator.Match(truth.Dataset, found.Detections, options);
        return new PoseEvaluation
        {
            Request = request,
            Truth = truth.Dataset,
            Detections = found.Detections,
            Matches = matches,
            Figures = matches.Accumulate(),
            HasBoxes = found.HasBoxes,
            Diagnosis = request.Analysis is { } distance
                ? PoseErrorAnalyzer.Analyze(truth.Dataset, found.Detections, new PoseDiagnosisOptions
                {
                    Skeleton = request.Skeleton, Distance = distance, Sensitivity = request.Sensitivity, Threads = request.Threads,
                })
                : null,
            Accuracy = request.Metrics.Count > 0
                ? KeypointAccuracy.Of(truth.Dataset, found.Detections, new KeypointAccuracyOptions
                {
                    Skeleton = request.Skeleton, Norm = request.Norm, Threads = request.Threads,
                })
                : null,
            Warnings = [.. truth.Warnings, .. Notes(truth, found, request)],
            Skipped = [.. truth.Skipped, .. found.Skipped],
        };
    }

    // What is wrong with the ground truth is told first, whichever file is read sooner.
    private static (CocoGroundTruth Truth, CocoResults Found) Read(Stream groundTruth, Stream results, CocoReadOptions options, int threads)
    {
        if (threads == 1)
        {
            var first = ReadTruth();
            return (first, Named("The result file", () => CocoResultsReader.Read(results, first.Dataset, options)));
        }

        using var unwanted = new CancellationTokenSource();
        var truth = Task.Factory.StartNew(
            () =>
            {
                try
                {
                    return ReadTruth();
                }
                catch
                {
                    unwanted.Cancel();
                    throw;
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        CocoUncheckedResults found;
        try
        {
            found = Named("The result file", () => CocoResultsReader.ReadUnchecked(results, options, unwanted.Token));
        }
        catch
        {
            truth.GetAwaiter().GetResult();
            throw;
        }

        var dataset = truth.GetAwaiter().GetResult();
        return (dataset, Named("The result file", () => found.Against(dataset.Dataset)));

        CocoGroundTruth ReadTruth() => Named("The ground truth", () => CocoGroundTruthReader.Read(groundTruth, options));
    }

    private static T Named<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (CocoFormatException wrong) when (wrong.Faults.Count > 0)
        {
            throw new CocoFormatException(wrong.Faults, wrong.Count, $"{file}: {wrong.Message}");
        }
        catch (CocoFormatException wrong)
        {
            throw new CocoFormatException($"{file}: {wrong.Message}", wrong);
        }
    }

    private static IEnumerable<string> Notes(CocoGroundTruth truth, CocoResults found, PoseEvaluationRequest request)
    {
        if (truth.SkippedCount > 0)
            yield return string.Create(CultureInfo.InvariantCulture, $"{truth.SkippedCount} records of the ground truth are wrong and were left out.");
        if (found.SkippedCount > 0)
            yield return string.Create(CultureInfo.InvariantCulture, $"{found.SkippedCount} records of the results are wrong and were left out.");
        if (found.Detections.Count == 0)
            yield return "There are no detections.";
        if (truth.Dataset.Annotations.Count == 0)
            yield return "The ground truth has no annotations: all figures are undefined.";
        if (found.Detections.Count(d => !truth.Dataset.CategoryPlaces.ContainsKey(d.CategoryId)) is var unknown and > 0)
            yield return string.Create(CultureInfo.InvariantCulture, $"{unknown} detections are of categories that the ground truth does not have.");
        if (request.Kind == CocoEvaluationKind.Keypoints && found.HasBoxes)
            yield return "Sizes of detections are those of their boxes, because the first has one; of a file without boxes APm and APl may differ.";
        if (request.Kind == CocoEvaluationKind.Keypoints && request.Skeleton.HasUniformSigma)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture, $"One sigma, {request.Skeleton.Sigmas[0]}, was taken for all keypoints: AP compares with nothing else.");
        }

        if (request.Analysis is not null)
            yield return "The diagnosis leaves out objects below 32 x 32 pixels, so that its AP differs from the benchmark's.";
    }
}
