using System.Globalization;
using System.Text.Json;
using Iml4e.Assessment.Acceptance;
using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Validation;
using Iml4e.Reporting;

namespace Iml4e.Assessment.Evaluation;

/// <summary>Rows to judge in one go: places [start, start + count) of the frame, or of the request's rows where it names them.</summary>
public sealed record EvaluateUnit(string ModelVersion, string DatasetVersion, int Start, int Count);

/// <summary>Predictions on some rows, with the truth.</summary>
public sealed record EvaluatePart
{
    /// <summary>Model version that predicted.</summary>
    public required string Model { get; init; }

    /// <summary>Digest of the model.</summary>
    public required string ModelDigest { get; init; }

    /// <summary>Data set version that was read.</summary>
    public required string Dataset { get; init; }

    /// <summary>Figures.</summary>
    public required IReadOnlyDictionary<string, double?> Metrics { get; init; }

    /// <summary>Rows judged.</summary>
    public required int Rows { get; init; }

    /// <summary>Names of the classes.</summary>
    public IReadOnlyList<string>? Classes { get; init; }

    /// <summary>Confusion matrix: true class by predicted class.</summary>
    public IReadOnlyList<IReadOnlyList<int>>? Confusion { get; init; }

    /// <summary>Figures of each class.</summary>
    public IReadOnlyList<Metrics.ClassMetrics>? PerClass { get; init; }

    /// <summary>A sample of true numbers, at most 500, in row order.</summary>
    public IReadOnlyList<double>? Actual { get; init; }

    /// <summary>The predicted numbers of the same rows.</summary>
    public IReadOnlyList<double>? Predicted { get; init; }
}

/// <summary>
/// Measures a registered model on labelled data. Classification: accuracy, balanced accuracy, macro F1, log loss, ROC-AUC, confusion matrix; regression: MAE,
/// RMSE, MAPE, CV(RMSE), NMBE (ASHRAE Guideline 14), R².
/// </summary>
public sealed class EvaluateJob : JobKind<EvaluateRequest, EvaluateUnit, EvaluatePart>
{
    private const int SampleSize = 500;

    /// <inheritdoc/>
    public override string Name => "evaluate";

    /// <inheritdoc/>
    public override string Summary => "Measures a registered model version on a labelled data set version.";

    /// <inheritdoc/>
    protected override void Validate(EvaluateRequest request, ValidationErrors errors)
    {
        errors.Require(request.Model.Length > 0, "model", "the name of a model is needed");
        errors.Require(request.Version.Length > 0, "version", "a version number or an alias is needed");
        errors.Require(request.Dataset.Length > 0, "dataset", "the name of a data set is needed");
        errors.Require(request.Label.Length > 0, "label", "the name of the label column is needed");
        errors.Require(request.Rows is null || !request.NewestPart, "rows", "either the newest part or rows by their places");
        AcceptRule.Check(request.Accept, "accept", ModelEvaluation.MetricsOf(request.Task), errors);
    }

    /// <inheritdoc/>
    protected override async Task<IReadOnlyList<EvaluateUnit>> PlanAsync(
        EvaluateRequest request, IJobContext context, CancellationToken cancellationToken)
    {
        // Version and rows are fixed here, so that a repeated step judges the same, whatever was uploaded or promoted meanwhile.
        var data = await context.ReadDatasetAsync(request.Dataset, request.DatasetVersion, cancellationToken);
        using var model = await context.OpenModelAsync(request.Model, request.Version, cancellationToken);
        if (request.Rows is not null)
            return [new EvaluateUnit(model.Version, data.Version, 0, (await PlacesAsync(request.Rows, data, context, cancellationToken)).Length)];
        var start = request.NewestPart ? data.Frame.RowCount - data.NewestPartRows : 0;
        return [new EvaluateUnit(model.Version, data.Version, start, data.Frame.RowCount - start)];
    }

    /// <inheritdoc/>
    protected override async Task<EvaluatePart> ExecuteAsync(
        EvaluateRequest request, EvaluateUnit unit, IJobContext context, CancellationToken cancellationToken)
    {
        var data = await context.ReadDatasetAsync(request.Dataset, unit.DatasetVersion, cancellationToken);
        using var model = await context.OpenModelAsync(request.Model, unit.ModelVersion, cancellationToken);
        var rows = request.Rows is null
            ? Enumerable.Range(unit.Start, unit.Count).ToArray()
            : await PlacesAsync(request.Rows, data, context, cancellationToken);
        var result = await Task.Run(
            () => ModelEvaluation.Evaluate(model.Session, data.Frame, request.Label, request.Task, rows, request.Time, cancellationToken), cancellationToken);
        var stride = Math.Max(1, (result.Rows + SampleSize - 1) / SampleSize);
        return new EvaluatePart
        {
            Model = $"{model.Model}/{model.Version}",
            ModelDigest = model.Digest,
            Dataset = $"{data.Dataset}/{data.Version}",
            Metrics = result.Metrics,
            Rows = result.Rows,
            Classes = result.Classification?.Classes,
            Confusion = result.Classification?.Confusion,
            PerClass = result.Classification?.PerClass,
            Actual = result.Actual?.Where((_, i) => i % stride == 0).ToList(),
            Predicted = result.Predicted?.Where((_, i) => i % stride == 0).ToList(),
        };
    }

    /// <inheritdoc/>
    protected override Task<JobResult> AggregateAsync(
        EvaluateRequest request, IReadOnlyList<EvaluatePart> parts, IJobContext context, CancellationToken cancellationToken)
    {
        var part = parts[0];
        var verdict = AcceptRule.Judge(request.Accept, part.Metrics);
        return Task.FromResult(new JobResult
        {
            Metrics = part.Metrics, Accepted = verdict?.Accepted, Explanation = verdict?.Explanation, Report = Report(part, verdict, context.StartedAt),
        });
    }

    private static async Task<int[]> PlacesAsync(string digest, DatasetInput data, IJobContext context, CancellationToken cancellationToken)
    {
        try
        {
            var places = JsonSerializer.Deserialize<int[]>(await context.ReadAsync(digest, cancellationToken)) ?? [];
            if (places.Length == 0 || Array.Exists(places, p => p < 0 || p >= data.Frame.RowCount))
                throw new JobInputException("rows", $"must be places from 0 to {data.Frame.RowCount - 1}, one at least");
            return places;
        }
        catch (JsonException)
        {
            throw new JobInputException("rows", "the artefact is no JSON list of whole numbers");
        }
    }

    private static Report Report(EvaluatePart part, AcceptResult? verdict, DateTimeOffset created)
    {
        var builder = new ReportBuilder($"Evaluation of {part.Model}", $"on {part.Dataset}, {part.Rows.ToString(CultureInfo.InvariantCulture)} rows", created)
            .Fact("Model", part.Model)
            .Fact("Model digest", part.ModelDigest)
            .Fact("Data set", part.Dataset)
            .Verdict(verdict)
            .Metrics("Figures", part.Metrics);
        if (part.Confusion is not null)
        {
            builder.Confusion("Confusion matrix", part.Classes!, part.Confusion);
            builder.Table("Classes", ["Class", "Rows", "Precision", "Recall", "F1"],
            [
                .. part.PerClass!.Select(
                    c => new[] { c.Class, c.Support.ToString(CultureInfo.InvariantCulture), Text(c.Precision), Text(c.Recall), Text(c.F1) }),
            ]);
        }

        if (part.Actual is not null)
            builder.Scatter("Predicted against true", "true", "predicted", [.. part.Actual.Zip(part.Predicted!)]);
        return builder.Build();
    }

    private static string Text(double? value) => value?.ToString("0.####", CultureInfo.InvariantCulture) ?? "–";
}
