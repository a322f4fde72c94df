using System.Globalization;
using System.Security.Cryptography;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Diagnosis;
using Iml4e.Assessment.Pose.Json;
using Iml4e.Assessment.Pose.Results;
using Iml4e.CommandLine.Jobs;
using Iml4e.Reporting;

namespace Iml4e.CommandLine.Poses;

/// <summary>Evaluates a result file where it lies, without an app.</summary>
/// <param name="output">Where the figures go.</param>
/// <param name="time">Says when a report is made.</param>
internal sealed class PoseEvalRunner(Stream output, TimeProvider time)
{
    /// <summary>Evaluates and writes.</summary>
    /// <exception cref="RequestException">A file or an option is wrong.</exception>
    public void Run(PoseEvalOptions options)
    {
        var request = new PoseEvaluationRequest
        {
            Kind = options.Kind, Analysis = options.Analysis, Metrics = options.Metrics, Norm = options.Norm, ClassAgnostic = options.ClassAgnostic,
            SkipInvalid = options.SkipInvalid,
        };
        if (options.Kind == CocoEvaluationKind.Keypoints)
            request = request with { Skeleton = SkeletonFile.Find(options.Skeleton, options.UniformSigma) };
        var evaluation = Evaluate(options, request);
        if (options.Report is { } report)
            Write(report, options, evaluation);
        if (options.Json)
        {
            PoseEvaluationJson.Write(output, evaluation);
            output.WriteByte((byte)'\n');
            output.Flush();
        }
        else
        {
            using var text = new StreamWriter(output, leaveOpen: true);
            Tell(text, evaluation);
        }
    }

    private static PoseEvaluation Evaluate(PoseEvalOptions options, PoseEvaluationRequest request)
    {
        try
        {
            using var groundTruth = Open(options.GroundTruth);
            using var results = Open(options.Results);
            return PoseEvaluation.Of(groundTruth, results, request);
        }
        catch (CocoFormatException wrong)
        {
            throw new RequestException(wrong.Message);
        }
        catch (ArgumentException wrong)
        {
            throw Refused(wrong);
        }
    }

    /// <summary>What a person is told of an argument: not what the parameter is called.</summary>
    internal static RequestException Refused(ArgumentException wrong) => new(wrong.Message.Split(" (Parameter '")[0]);

    private void Write(FileInfo report, PoseEvalOptions options, PoseEvaluation evaluation)
    {
        Fact[] identity = [new("ground truth", Digest(options.GroundTruth)), new("results", Digest(options.Results))];
        var pdf = ReportPdf.Render(PoseReport.Of(evaluation, identity, time.GetUtcNow()));
        try
        {
            File.WriteAllBytes(report.FullName, pdf);
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            throw new RequestException($"{report} cannot be written: {wrong.Message}");
        }
    }

    private static string Digest(FileInfo file)
    {
        using var stream = Open(file);
        return $"{file.Name} sha256:{Convert.ToHexStringLower(SHA256.HashData(stream))}";
    }

    private static FileStream Open(FileInfo file)
    {
        try
        {
            return new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            throw new RequestException($"{file} cannot be read: {wrong.Message}");
        }
    }

    private static void Tell(TextWriter text, PoseEvaluation evaluation)
    {
        var counts = evaluation.Figures.Counts;
        text.WriteLine($"{counts.Images} images, {counts.Annotations} annotations, of which {counts.Ignored} do not count");
        text.WriteLine($"{counts.Detections} detections, and {counts.DetectionsCut} more than an image may have");
        foreach (var (name, value) in evaluation.Figures.Summary)
            Line(text, name, value);
        if (evaluation.Diagnosis is { } diagnosis)
            Tell(text, diagnosis);
        if (evaluation.Accuracy is { } accuracy)
        {
            text.WriteLine();
            foreach (var pck in accuracy.OfMatched.Pck)
                Line(text, string.Create(CultureInfo.InvariantCulture, $"PCK@{pck.Threshold}"), pck.Mean);
            Line(text, "AUC", accuracy.OfMatched.AreaUnderCurve);
            Line(text, "PCKh", accuracy.OfMatched.Pckh?.Mean);
            Line(text, "EPE (px)", accuracy.EndPointError);
            Line(text, "MPJPE (px)", accuracy.Mpjpe);
        }

        foreach (var warning in evaluation.Warnings.Concat(evaluation.Skipped.Select(s => s.ToString())))
            text.WriteLine("Note: " + warning);
    }

    private static void Tell(TextWriter text, PoseDiagnosis diagnosis)
    {
        text.WriteLine();
        text.WriteLine($"Keypoints of objects that were found ({diagnosis.Options.Distance} distances):");
        foreach (var label in KeypointTaxonomy.Labels)
        {
            text.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"  {label,-24} {diagnosis.Taxonomy.Total(label),9}  {100 * diagnosis.Taxonomy.Share(label) ?? 0,5:F1} %"));
        }

        text.WriteLine();
        Line(text, "AP of the diagnosis", diagnosis.BaselineAp);
        foreach (var (alone, inTurn) in diagnosis.Independent[0].Steps.Zip(diagnosis.Progressive[0].Steps))
        {
            text.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"  without {alone.Error,-24} {Shown(alone.Figure.Ap)} alone   {Shown(inTurn.Figure.Ap)} after those above"));
        }
    }

    private static void Line(TextWriter text, string name, double? value) => text.WriteLine($"{name,-20} {Shown(value)}");

    private static string Shown(double? value) =>
        value is null or CocoEvaluation.Undefined ? "   n/a" : value.Value.ToString("F4", CultureInfo.InvariantCulture);
}
