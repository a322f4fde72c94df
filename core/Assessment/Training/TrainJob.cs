using System.Globalization;
using System.Text.Json;
using Iml4e.Assessment.Acceptance;
using Iml4e.Assessment.Evaluation;
using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Validation;
using Iml4e.Inference;
using Iml4e.Learning;
using Iml4e.Reporting;

namespace Iml4e.Assessment.Training;

/// <summary>One training, ended in an ONNX file; what the aggregate needs for the report.</summary>
public sealed record TrainPart
{
    /// <summary>What the next step needs.</summary>
    public required TrainOutput Output { get; init; }

    /// <summary>Figures on the hold-out.</summary>
    public required IReadOnlyDictionary<string, double?> Metrics { get; init; }

    /// <summary>Rows fitted on, validated on, held out.</summary>
    public required IReadOnlyList<int> Rows { get; init; }

    /// <summary>Agreement of the ONNX file with the trainer.</summary>
    public required ParityReport Parity { get; init; }

    /// <summary>Features that matter most, at most 20.</summary>
    public required IReadOnlyList<FeatureImportance> Importances { get; init; }

    /// <summary>What the columns were taken for, at most 200.</summary>
    public IReadOnlyList<TrainColumn> Columns { get; init; } = [];

    /// <summary>Windows that were tried.</summary>
    public required IReadOnlyList<WindowCandidate> Windows { get; init; }

    /// <summary>Combinations of parameters that were tried.</summary>
    public IReadOnlyList<ParameterCandidate> Searched { get; init; } = [];

    /// <summary>When the fitted rows are from.</summary>
    public DateRange? TrainedOn { get; init; }

    /// <summary>When the hold-out rows are from.</summary>
    public DateRange? HeldOut { get; init; }

    /// <summary>Data set version that was read.</summary>
    public required string Dataset { get; init; }

    /// <summary>The model version that was trained on, with its digest; null of a new model.</summary>
    public string? StartedFrom { get; init; }

    /// <summary>What is to be known of the training, in sentences.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

/// <summary>What a column of the data was taken for.</summary>
/// <param name="Column">Its name.</param>
/// <param name="Kind">Number, category or timestamp.</param>
/// <param name="Format">How the values are written.</param>
/// <param name="MissingShare">Rows without a value over all rows.</param>
/// <param name="Assumed">The assumption in a sentence, without values of the data: a report goes further than the data do.</param>
/// <param name="Examples">Where the values stand that forced it to be a category.</param>
public sealed record TrainColumn(string Column, ColumnKind Kind, string Format, double MissingShare, string Assumed, IReadOnlyList<string> Examples)
{
    internal static TrainColumn Of(string name, ColumnInference inference) =>
        new(
            name, inference.Kind, inference.Format, inference.MissingShare, inference.WithoutValues().Summary,
            [.. inference.Examples.Select(e => string.Create(CultureInfo.InvariantCulture, $"row {e.Row}"))]);
}

/// <summary>Trains a model and measures it on a hold-out that no choice has seen. The result is one ONNX file, its preprocessing included.</summary>
public sealed class TrainJob : JobKind<TrainRequest, string, TrainPart>
{
    private const string Anew = "fit";

    /// <inheritdoc/>
    public override string Name => "train";

    /// <inheritdoc/>
    public override string Summary => "Trains a model on a data set version; ends in one ONNX file with its preprocessing, measured on a fresh hold-out.";

    /// <inheritdoc/>
    protected override void Validate(TrainRequest request, ValidationErrors errors)
    {
        errors.Require(request.Dataset.Length > 0, "dataset", "the name of a data set is needed");
        errors.Require(request.Label.Length > 0, "label", "the name of the label column is needed");
        errors.Require(TrainRequest.Trainers.Contains(request.Trainer), "trainer", $"must be one of {string.Join(", ", TrainRequest.Trainers)}");
        errors.Require(request.Holdout is >= 0.05 and <= 0.5, "holdout", "between 0.05 and 0.5");
        errors.Require(request.Window is null or >= Trainer.LeastRows, "window", $"{Trainer.LeastRows} rows or more");
        errors.Require(request.MinRows >= Trainer.LeastRows, "minRows", $"{Trainer.LeastRows} rows or more");
        errors.Require(request.Gap is >= 0 and <= 1_000_000, "gap", "from 0 to 1000000 rows");
        errors.Require(request.Gap == 0 || request.Time is not null, "gap", "needs time: the gap lies between earlier and later rows");
        errors.Require(!request.WindowSearch || request.Time is not null, "windowSearch", "needs time: the newest rows are meant");
        AcceptRule.Check(request.Accept, "accept", ModelEvaluation.MetricsOf(request.Task), errors);
        request.FineTune?.Check("fineTune", errors);
        if (!errors.IsEmpty)
            return;
        if (Trainer.CheckParameters(request.Trainer, request.Task, request.Parameters, request.FineTune is not null) is { } error)
            errors.Add(error.Path.Replace("train.", "", StringComparison.Ordinal), error.Detail);
    }

    /// <inheritdoc/>
    protected override async Task<IReadOnlyList<string>> PlanAsync(TrainRequest request, IJobContext context, CancellationToken cancellationToken)
    {
        if (request.FineTune is not { } tune)
            return [Anew];
        // The version is fixed here, so that a repeated step begins from the same, whatever was promoted meanwhile.
        using var model = await OpenAsync(tune, tune.Version, context, cancellationToken);
        return [model.Version];
    }

    /// <inheritdoc/>
    protected override async Task<TrainPart> ExecuteAsync(TrainRequest request, string unit, IJobContext context, CancellationToken cancellationToken)
    {
        var data = await context.ReadDatasetAsync(request.Dataset, request.DatasetVersion, cancellationToken);
        if (data.Frame.RowCount < request.MinRows)
            throw new JobInputException("dataset", $"{data.Frame.RowCount} rows are too few; {request.MinRows} are needed");
        var (from, given) = await GivenAsync(request, unit, context, cancellationToken);
        var options = request.ToOptions(given) with { RunId = context.JobId, Checkpoints = fit => context.OpenCheckpoints(fit, cancellationToken) };
        var trained = await Task.Run(() => Trainer.Train(data.Frame, options, f => context.Report(f, "training"), cancellationToken), cancellationToken);
        using var session = ModelSession.Load(trained.Onnx);
        var evaluation = ModelEvaluation.Evaluate(
            session, data.Frame, request.Label, request.Task, trained.Holdout, request.Time, cancellationToken);
        return new TrainPart
        {
            Output = new TrainOutput
            {
                ModelDigest = await context.StoreAsync(trained.Onnx, "application/onnx", "model", cancellationToken),
                HoldoutDigest = await context.StoreAsync(
                    JsonSerializer.SerializeToUtf8Bytes(trained.Holdout), "application/json", "holdout", cancellationToken),
                NetworkDigest = trained.Network is { } network ? await context.StoreAsync(network, "application/onnx", "network", cancellationToken) : null,
                WindowUsed = trained.WindowUsed,
            },
            Metrics = evaluation.Metrics,
            Rows = [trained.TrainRows, trained.ValidationRows, trained.HoldoutRows],
            Parity = trained.Parity,
            Importances = [.. trained.Importances.Take(20)],
            Columns = [.. data.Frame.Columns.Take(200).Where(c => c.Inference is not null).Select(c => TrainColumn.Of(c.Name, c.Inference!))],
            Windows = trained.Windows,
            Searched = trained.Searched,
            TrainedOn = trained.TrainedOn,
            HeldOut = trained.HeldOut,
            Dataset = $"{data.Dataset}/{data.Version}",
            StartedFrom = from,
            Notes = [.. trained.Details["notes"]?.AsArray().Select(n => n!.GetValue<string>()) ?? []],
        };
    }

    /// <inheritdoc/>
    protected override Task<JobResult> AggregateAsync(
        TrainRequest request, IReadOnlyList<TrainPart> parts, IJobContext context, CancellationToken cancellationToken)
    {
        var part = parts[0];
        var verdict = AcceptRule.Judge(request.Accept, part.Metrics);
        return Task.FromResult(new JobResult
        {
            Metrics = part.Metrics,
            Accepted = verdict?.Accepted,
            Explanation = verdict?.Explanation,
            Output = JsonSerializer.SerializeToElement(part.Output, DocumentJson.Options),
            Report = Report(request, part, verdict, context.StartedAt),
        });
    }

    private static async Task<(string? From, byte[] Model)> GivenAsync(
        TrainRequest request, string version, IJobContext context, CancellationToken cancellationToken)
    {
        if (request.FineTune is not { } tune)
            return (null, []);
        using var model = await OpenAsync(tune, version, context, cancellationToken);
        return ($"{model.Model}/{model.Version} ({model.Digest})", await context.ReadAsync(model.Digest, cancellationToken));
    }

    private static async Task<ModelInput> OpenAsync(FineTuneRequest tune, string version, IJobContext context, CancellationToken cancellationToken)
    {
        try
        {
            return await context.OpenModelAsync(tune.Model, version, cancellationToken);
        }
        catch (JobInputException e)
        {
            throw new JobInputException("fineTune." + e.Path, e.Detail);
        }
    }

    private static Report Report(TrainRequest request, TrainPart part, AcceptResult? verdict, DateTimeOffset created)
    {
        var builder = new ReportBuilder($"Training of {request.Label}", $"{request.Trainer}, {request.Task.ToString().ToLowerInvariant()}", created)
            .Fact("Data set", part.Dataset)
            .Fact("Model", part.Output.ModelDigest)
            .Fact("Hold-out rows", part.Output.HoldoutDigest);
        if (part.StartedFrom is { } from)
            builder.Fact("Fine-tuned from", from).Fact("Network by itself", part.Output.NetworkDigest!);
        builder
            .Verdict(verdict)
            .Metrics("Hold-out", part.Metrics)
            .Table("Rows", ["Part", "Rows", "From", "To"],
            [
                ["Fitted", Text(part.Rows[0]), part.TrainedOn?.From ?? "", part.TrainedOn?.To ?? ""],
                ["of these validated on first", Text(part.Rows[1]), "", ""],
                ["Held out", Text(part.Rows[2]), part.HeldOut?.From ?? "", part.HeldOut?.To ?? ""],
            ])
            .Paragraph(
                "Parity",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"On {part.Parity.Rows} rows the ONNX file differs from the trainer by at most {part.Parity.MaxRelativeError:G3} relative; {part.Parity.Tolerance:G3} is allowed."))
            .Bars("Feature importance", "Share of the total", [.. part.Importances.Select(i => (i.Feature, i.Share))]);
        if (part.Importances.Any(i => i.Splits is not null))
        {
            builder.Table("Feature importance of the trees", ["Feature", "Gain (mean of its splits)", "Weight (splits)", "Cover (mean Hessian of its splits)"],
            [
                .. part.Importances.Select(
                    i => new[] { i.Feature, Text(i.Value), i.Splits is { } splits ? Text(splits) : "", i.Cover is { } cover ? Text(cover) : "" }),
            ]);
        }

        if (part.Notes.Count > 0)
            builder.Paragraph("Notes", string.Join(" ", part.Notes));
        if (part.Columns.Count > 0)
        {
            builder.Table("Columns of the data", ["Column", "Kind", "Format", "Missing", "Assumed", "What did not fit"],
            [
                .. part.Columns.Select(c => new[]
                {
                    c.Column, c.Kind.ToString().ToLowerInvariant(), c.Format, c.MissingShare.ToString("P1", CultureInfo.InvariantCulture), c.Assumed,
                    string.Join(", ", c.Examples),
                }),
            ]);
        }

        if (part.Searched.Count > 0)
        {
            string[] names = [.. part.Searched[0].Parameters.Keys];
            builder.Table("Parameters tried", [.. names, "Rounds kept", "Validation loss", ""],
            [
                .. part.Searched.Select(
                    c => names.Select(n => Text(c.Parameters[n])).Append(Text(c.Rounds)).Append(Text(c.Loss)).Append(c.Chosen ? "chosen" : "").ToArray()),
            ]);
        }

        if (part.Windows.Count > 0)
        {
            builder.Table("Windows tried", ["Newest rows", "Fitted on", "Validation loss", "Skipped because"],
            [
                .. part.Windows.Select(w => new[] { Text(w.Window), Text(w.TrainRows), w.ValidationLoss is { } loss ? Text(loss) : "", w.Skipped ?? "" }),
            ]);
        }

        return builder.Build();
    }

    private static string Text(double value) => value.ToString("G5", CultureInfo.InvariantCulture);

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
