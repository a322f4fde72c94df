using System.Text;
using System.Text.Json;
using Iml4e.Assessment.Acceptance;
using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Pose.Coco;
using Iml4e.Assessment.Pose.Json;
using Iml4e.Assessment.Pose.Results;
using Iml4e.Assessment.Pose.Skeletons;
using Iml4e.Assessment.Validation;
using Iml4e.Inference.Images;

namespace Iml4e.Assessment.Pose.Jobs;

/// <summary>
/// A validation against a COCO ground truth: predictions that are there, or a model run on the images batch by batch, then evaluated as a whole.
/// </summary>
/// <param name="kind">What is compared.</param>
public abstract class ValidationJob(CocoEvaluationKind kind) : JobKind<ValidationRequest, ValidationUnit, ValidationPart>, IDisposable
{
    private static readonly string[] Analyses = ["strict", "compat", "none"];
    private static readonly string[] Norms = ["box", "torso", "head"];
    private readonly Lazy<ImageCodec> _codec = new(() => new ImageCodec());

    private bool IsPose => kind == CocoEvaluationKind.Keypoints;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_codec.IsValueCreated)
            _codec.Value.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected override void Validate(ValidationRequest request, ValidationErrors errors)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(errors);
        request.Dataset.Check("dataset", errors);
        errors.Require(
            (request.Predictions is null) != (request.Model is null), request.Predictions is null ? "predictions" : "model",
            request.Predictions is null ? "predictions, or a model that makes them, are needed" : "either predictions or model");
        errors.Require(request.Predictions is null or { Length: > 0 and <= 200 }, "predictions", "must be a name, a digest or the id of a job");
        errors.Require(
            request.Compare is null or { Predictions.Length: > 0 and <= 200, Title.Length: > 0 and <= 100 }, "compare",
            "predictions, and a title of 1 to 100 characters");
        errors.Require(
            request.Mlflow is null or { Experiment.Length: > 0 and <= 200, RunName: null or { Length: > 0 and <= 200 } }, "mlflow",
            "names of 1 to 200 characters");
        errors.Require(Analyses.Contains(request.Analysis), "analysis", $"must be one of {string.Join(", ", Analyses)}");
        errors.Require(Norms.Contains(request.Norm), "norm", $"must be one of {string.Join(", ", Norms)}");
        var skeleton = IsPose ? ReadSkeleton(request, errors) : null;
        errors.Require(IsPose || request.Pose is null, "pose", "is for pose-validate");
        errors.Require(IsPose || request.Skeleton is null, "skeleton", "is for pose-validate");
        errors.Require(!IsPose || request.Detector is null, "detector", "is for detection-validate");
        if (request.Model is not null)
        {
            errors.Require(request.Model.Length is > 0 and <= 200, "model", "must be a model's name");
            if (IsPose && errors.Require(request.Pose is not null, "pose", "says how the model is run; is needed with model"))
                request.Pose!.Check("pose", errors);
            if (!IsPose && errors.Require(request.Detector is not null, "detector", "says how the model is run; is needed with model"))
                request.Detector!.Check("detector", errors);
        }

        AcceptRule.Check(request.Accept, "accept", ValidationMetrics.Names(kind, skeleton), errors);
    }

    /// <inheritdoc/>
    protected override Task<IReadOnlyList<ValidationUnit>> PlanAsync(ValidationRequest request, IJobContext context, CancellationToken cancellationToken) =>
        new ValidationPlanner(request, context, cancellationToken).PlanAsync();

    /// <inheritdoc/>
    protected override async Task<ValidationPart> ExecuteAsync(
        ValidationRequest request, ValidationUnit unit, IJobContext context, CancellationToken cancellationToken)
    {
        if (unit.Predictions is { } there)
            return new ValidationPart { Unit = unit, Predictions = there };
        var runner = new ModelRunner(_codec.Value, request, unit, context, cancellationToken);
        var (detections, skipped) = IsPose ? await runner.FindPosesAsync(ReadSkeleton(request, new ValidationErrors())!) : await runner.DetectAsync();
        using var file = new MemoryStream();
        PredictionsFile.Write(file, detections);
        var digest = await context.StoreAsync(file.ToArray(), "application/json", "predictions-part", cancellationToken);
        return new ValidationPart { Unit = unit, Predictions = digest, Skipped = skipped };
    }

    /// <inheritdoc/>
    protected override async Task<JobResult> AggregateAsync(
        ValidationRequest request, IReadOnlyList<ValidationPart> parts, IJobContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(parts);
        ArgumentNullException.ThrowIfNull(context);
        var unit = parts[0].Unit;
        var predictions = parts[0].Predictions;
        // Under one name, so that a later validation can be compared with this one by its id.
        if (unit.Predictions is null)
            predictions = await JoinAsync(parts, context, cancellationToken);
        else
            context.Name(predictions, "predictions");
        var evaluation = await EvaluateAsync(request, unit.Truth, predictions, context, cancellationToken);
        var comparison = request.Compare is null ? null : await CompareAsync(request, evaluation, context, cancellationToken);
        var metrics = ValidationMetrics.Of(evaluation, comparison);
        var verdict = AcceptRule.Judge(request.Accept, metrics);
        using var json = new MemoryStream();
        PoseEvaluationJson.Write(json, evaluation);
        var digest = await context.StoreAsync(json.ToArray(), "application/json", "evaluation", cancellationToken);
        List<Reporting.Fact> identity = [new("ground truth", unit.Truth), new("predictions", predictions)];
        if (unit.Model is { } model)
            identity.Insert(0, new("model", $"{model.Model}/{model.Version} {model.Digest}"));
        var examples = request.ShowPhotos && unit.Archive is { } archive
            ? new WorstExamples(evaluation, _codec.Value).Draw(await context.ReadAsync(archive, cancellationToken), request.Dataset.Annotations)
            : [];
        string[] skipped = [.. parts.SelectMany(p => p.Skipped)];
        return new JobResult
        {
            Metrics = metrics, Accepted = verdict?.Accepted,
            Tracked = request.Mlflow is { } mlflow
                ? new ValidationTracking(Name, request, unit, new ValidationOutcome(predictions, evaluation, comparison, verdict))
                    .Run(mlflow, await FilesAsync(evaluation, digest, context, cancellationToken))
                : null,
            Explanation = verdict?.Explanation,
            Output = JsonSerializer.SerializeToElement(new { evaluation = digest, predictions, decision = comparison?.Decision }, DocumentJson.Options),
            Report = ValidationReport.Write(evaluation, comparison, verdict, identity, skipped, examples, context.StartedAt),
        };
    }

    private static async Task<IReadOnlyDictionary<string, string>> FilesAsync(
        PoseEvaluation evaluation, string digest, IJobContext context, CancellationToken ct)
    {
        var files = new Dictionary<string, string> { ["evaluation.json"] = digest };
        if (evaluation.Request.Kind == CocoEvaluationKind.Keypoints)
            files["skeleton.json"] = await context.StoreAsync(SkeletonWriter.Write(evaluation.Request.Skeleton), "application/json", "skeleton", ct);
        return files;
    }

    // The skeleton; null and an error where it is none.
    private static SkeletonDefinition? ReadSkeleton(ValidationRequest request, ValidationErrors errors)
    {
        if (request.Skeleton is not { } given)
            return SkeletonDefinition.Coco17;
        if (given.ValueKind == JsonValueKind.String)
        {
            var known = SkeletonDefinition.BuiltIn.FirstOrDefault(s => s.Name == given.GetString());
            errors.Require(
                known is not null, "skeleton", $"must be one of {string.Join(", ", SkeletonDefinition.BuiltIn.Select(s => s.Name))}, or a skeleton document");
            return known;
        }

        try
        {
            return SkeletonReader.Read(Encoding.UTF8.GetBytes(given.GetRawText()), request.UniformSigma);
        }
        catch (SkeletonFormatException e)
        {
            errors.Add("skeleton", e.Message);
            return null;
        }
    }

    private static async Task<string> JoinAsync(IReadOnlyList<ValidationPart> parts, IJobContext context, CancellationToken ct)
    {
        using var joined = new MemoryStream();
        await PredictionsFile.JoinAsync(joined, parts.Select(p => p.Predictions), digest => context.ReadAsync(digest, ct));
        return await context.StoreAsync(joined.ToArray(), "application/json", "predictions", ct);
    }

    private async Task<PoseEvaluation> EvaluateAsync(ValidationRequest request, string truth, string predictions, IJobContext context, CancellationToken ct)
    {
        var wanted = new PoseEvaluationRequest { Kind = kind, ClassAgnostic = request.ClassAgnostic, SkipInvalid = request.SkipInvalid };
        if (IsPose)
        {
            wanted = wanted with
            {
                Skeleton = ReadSkeleton(request, new ValidationErrors())!, Analysis = request.Distance, Norm = request.KeypointNorm,
                Metrics = Enum.GetValues<PoseMetric>(),
            };
        }

        await using var groundTruth = await context.OpenAsync(truth, ct);
        await using var results = await context.OpenAsync(predictions, ct);
        try
        {
            // Much arithmetic must not hold up the thread that asked for it.
            return await Task.Run(() => PoseEvaluation.Of(groundTruth, results, wanted), ct);
        }
        catch (CocoFormatException e)
        {
            throw new JobInputException(e.Message.StartsWith("The ground truth", StringComparison.Ordinal) ? "dataset" : "predictions", e.Message);
        }
        catch (ArgumentException e)
        {
            throw new JobInputException("", e.Message);
        }
    }

    private static async Task<ValidationComparison> CompareAsync(
        ValidationRequest request, PoseEvaluation evaluation, IJobContext context, CancellationToken ct)
    {
        var digest = await ValidationPlanner.PredictionsAsync(request.Compare!.Predictions, request.Dataset.Name, "compare.predictions", context, ct);
        await using var results = await context.OpenAsync(digest, ct);
        try
        {
            return await Task.Run(() => ValidationComparison.Of(request.Compare.Title, digest, results, evaluation), ct);
        }
        catch (CocoFormatException e)
        {
            throw new JobInputException("compare.predictions", e.Message);
        }
    }
}
