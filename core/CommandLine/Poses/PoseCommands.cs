using System.CommandLine;
using Iml4e.Assessment.Adversarial.Detection;
using Iml4e.Assessment.Pose.Anonymisation;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Diagnosis;
using Iml4e.Assessment.Pose.Keypoints;
using Iml4e.Assessment.Pose.Results;

namespace Iml4e.CommandLine.Poses;

/// <summary>The commands that evaluate poses and boxes; they need no app.</summary>
internal static class PoseCommands
{
    /// <summary><c>pose-eval</c>.</summary>
    /// <param name="guarded">Runs an action and makes exit codes of what goes wrong.</param>
    public static Command Evaluate(Func<Action, int> guarded)
    {
        var groundTruth = new Option<FileInfo>("--gt") { Description = "COCO ground truth, JSON.", Required = true };
        var results = new Option<FileInfo>("--dt") { Description = "COCO results, JSON.", Required = true };
        var type = Choice("--type", "What is evaluated.", "keypoints", "bbox");
        type.Required = true;
        var skeleton = Skeleton();
        var sigma = new Option<double?>("--uniform-sigma") { Description = "Sigma of all keypoints of a skeleton file that has none." };
        var analysis = Choice("--analysis", "Diagnose errors, with the distances of the paper or of the published code.", "strict", "compat");
        var metrics = new Option<string?>("--metrics") { Description = "Other figures: pck, pckh, mpjpe and angles, with commas between them." };
        metrics.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && Metrics(result.Tokens[0].Value) is null)
                result.AddError($"--metrics {result.Tokens[0].Value}: pck, pckh, mpjpe and angles, with commas between them, are expected.");
        });
        var norm = Choice("--norm", "What distances are divided by; box when not given.", "box", "torso", "head");
        var agnostic = new Option<bool>("--class-agnostic") { Description = "All categories count as one." };
        var skip = new Option<bool>("--skip-invalid") { Description = "Leave wrong records out and tell them, instead of refusing the files." };
        var report = new Option<FileInfo?>("--report") { Description = "File for a report as PDF." };
        var json = new Option<bool>("--json") { Description = "One JSON object instead of a table." };
        var command = new Command("pose-eval", "Evaluates poses or boxes as the COCO benchmark does. Exit code 0 evaluated, 2 bad input, 1 failed.")
        {
            groundTruth, results, type, skeleton, sigma, analysis, metrics, norm, agnostic, skip, report, json,
        };
        command.SetAction(parsed => guarded(() =>
        {
            using var output = Console.OpenStandardOutput();
            new PoseEvalRunner(output, TimeProvider.System).Run(new PoseEvalOptions(
                parsed.GetValue(groundTruth)!, parsed.GetValue(results)!,
                parsed.GetValue(type) == "bbox" ? CocoEvaluationKind.Boxes : CocoEvaluationKind.Keypoints)
            {
                Skeleton = parsed.GetValue(skeleton)!,
                UniformSigma = parsed.GetValue(sigma),
                Analysis = parsed.GetValue(analysis) switch
                {
                    null => null,
                    "compat" => CorrectionDistance.Compat,
                    _ => CorrectionDistance.Strict,
                },
                Metrics = Metrics(parsed.GetValue(metrics) ?? "")!,
                Norm = parsed.GetValue(norm) switch { "torso" => KeypointNorm.Torso, "head" => KeypointNorm.Head, _ => KeypointNorm.Box },
                ClassAgnostic = parsed.GetValue(agnostic),
                SkipInvalid = parsed.GetValue(skip),
                Report = parsed.GetValue(report),
                Json = parsed.GetValue(json),
            });
        }));
        return command;
    }

    /// <summary><c>pose-sigmas</c>.</summary>
    /// <param name="guarded">Runs an action and makes exit codes of what goes wrong.</param>
    public static Command Sigmas(Func<Action, int> guarded)
    {
        var first = new Option<FileInfo>("--first") { Description = "COCO ground truth of one annotator.", Required = true };
        var second = new Option<FileInfo>("--second") { Description = "COCO ground truth of another; the same objects have the same ids.", Required = true };
        var skeleton = Skeleton();
        var command = new Command(
            "pose-sigmas", "Estimates sigmas from poses that were annotated twice, as JSON. Exit code 0 estimated, 2 bad input, 1 failed.")
        {
            first, second, skeleton,
        };
        command.SetAction(parsed => guarded(() =>
        {
            using var output = Console.OpenStandardOutput();
            new PoseSigmasRunner(output).Run(parsed.GetValue(first)!, parsed.GetValue(second)!, parsed.GetValue(skeleton)!);
        }));
        return command;
    }

    /// <summary><c>anonymise</c>.</summary>
    /// <param name="guarded">Runs an action and makes exit codes of what goes wrong.</param>
    public static Command Anonymise(Func<Action, int> guarded)
    {
        var model = new Option<FileInfo>("--model") { Description = "Face detector, ONNX.", Required = true };
        var family = new Option<string>("--family") { Description = "How it is read, such as ultraface or yunet.", Required = true };
        family.AcceptOnlyFromAmong([.. DetectorFamilies.Names]);
        var source = new Option<DirectoryInfo>("--in") { Description = "Folder of JPEG and PNG images.", Required = true };
        var target = new Option<DirectoryInfo>("--out") { Description = "Folder for the images without faces.", Required = true };
        var method = Choice("--method", "What is done to faces; pixelate when not given.", "pixelate", "blur");
        var least = new Option<double>("--least-score")
        {
            Description = "Least score of a face.", DefaultValueFactory = _ => new FaceAnonymizerOptions().LeastScore,
        };
        var command = new Command("anonymise", "Makes the faces in images unrecognisable where the images lie. Exit code 0 done, 2 bad input, 1 failed.")
        {
            model, family, source, target, method, least,
        };
        command.SetAction(parsed => guarded(() => new AnonymiseRunner(Console.Out).Run(
            parsed.GetValue(model)!, parsed.GetValue(family)!, parsed.GetValue(source)!, parsed.GetValue(target)!, new FaceAnonymizerOptions
            {
                Method = parsed.GetValue(method) == "blur" ? AnonymisationMethod.Blur : AnonymisationMethod.Pixelate, LeastScore = parsed.GetValue(least),
            })));
        return command;
    }

    /// <summary>The figures that a list names; null when one of them is none.</summary>
    internal static IReadOnlyCollection<PoseMetric>? Metrics(string list)
    {
        var metrics = new List<PoseMetric>();
        foreach (var name in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            PoseMetric? metric = name switch
            {
                "pck" => PoseMetric.Pck, "pckh" => PoseMetric.Pckh, "mpjpe" => PoseMetric.Mpjpe, "angles" => PoseMetric.Angles, _ => null,
            };
            if (metric is null)
                return null;
            metrics.Add(metric.Value);
        }

        return metrics;
    }

    private static Option<string> Skeleton() => new("--skeleton")
    {
        Description = "coco17, crowdpose14, spine9 or a file; coco17 when not given.", DefaultValueFactory = _ => "coco17",
    };

    private static Option<string?> Choice(string name, string description, params string[] values)
    {
        var option = new Option<string?>(name) { Description = $"{description} One of {string.Join(", ", values)}." };
        option.AcceptOnlyFromAmong(values);
        return option;
    }
}
