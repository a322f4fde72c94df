using System.Globalization;
using System.Text.Json;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Json;
using Iml4e.Assessment.Pose.Skeletons;
using Iml4e.CommandLine.Jobs;

namespace Iml4e.CommandLine.Poses;

/// <summary>Estimates sigmas from two annotations of the same objects.</summary>
/// <param name="output">Where they go.</param>
internal sealed class PoseSigmasRunner(Stream output)
{
    /// <summary>Estimates, and writes one JSON object.</summary>
    /// <param name="first">COCO ground truth of one annotator.</param>
    /// <param name="second">That of another; the same objects have the same ids.</param>
    /// <param name="skeleton">Name of a built-in skeleton, or a file, with sigmas or without.</param>
    /// <exception cref="RequestException">A file is wrong, or there is too little in them.</exception>
    public void Run(FileInfo first, FileInfo second, string skeleton)
    {
        // Those of the file, if it has any, are of no use here.
        var definition = SkeletonFile.Find(skeleton, uniformSigma: 1);
        var keypoints = definition.Keypoints.Count;
        var reading = new CocoReadOptions { Kind = CocoEvaluationKind.Keypoints, Keypoints = keypoints };
        IReadOnlyList<TwicePose> poses;
        IReadOnlyList<SigmaEstimate> estimates;
        try
        {
            poses = SigmaEstimation.Pair(Read(first, reading), Read(second, reading));
            estimates = SigmaEstimation.Of(poses, keypoints);
        }
        catch (ArgumentException wrong)
        {
            throw PoseEvalRunner.Refused(wrong);
        }

        using var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        writer.WriteString("skeleton", definition.Name);
        writer.WriteNumber("poses", poses.Count);
        writer.WriteStartArray("sigmas");
        foreach (var (name, estimate) in definition.Keypoints.Zip(estimates))
        {
            writer.WriteStartObject();
            writer.WriteString("keypoint", name);
            writer.WriteNumber("poses", estimate.Poses);
            Number("sigma", estimate.Sigma);
            Number("low", estimate.Low);
            Number("high", estimate.High);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("warnings");
        if (poses.Count < SigmaEstimation.EnoughPoses)
        {
            writer.WriteStringValue(string.Create(
                CultureInfo.InvariantCulture, $"{poses.Count} poses are few; {SigmaEstimation.EnoughPoses} or more give sigmas that can be relied on."));
        }

        foreach (var (name, _) in definition.Keypoints.Zip(estimates).Where(e => e.Second.Sigma is null))
            writer.WriteStringValue($"{name} is labelled twice in fewer than {SigmaEstimation.LeastPoses} poses.");
        writer.WriteEndArray();
        writer.WriteEndObject();

        void Number(string name, double? value)
        {
            writer.WritePropertyName(name);
            if (value is { } number)
                writer.WriteRawValue(number.ToString("G17", CultureInfo.InvariantCulture));
            else
                writer.WriteNullValue();
        }
    }

    private static CocoDataset Read(FileInfo file, CocoReadOptions options)
    {
        try
        {
            using var stream = file.OpenRead();
            return CocoGroundTruthReader.Read(stream, options).Dataset;
        }
        catch (Exception wrong) when (wrong is CocoFormatException or IOException or UnauthorizedAccessException)
        {
            throw new RequestException($"{file}: {wrong.Message}");
        }
    }
}
