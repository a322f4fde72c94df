using System.Text.Json;
using Iml4e.Assessment.Acceptance;
using Iml4e.Assessment.Adversarial.Attacks;
using Iml4e.Assessment.Adversarial.Configuration;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Validation;
using Iml4e.Inference.Images;
using Iml4e.Reporting;
using Iml4e.Reporting.Images;

namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>
/// Tests models against adversarial samples: makes such samples on a model (create), measures other models on them (transfer), or does both for several models
/// (matrix). Samples are stored as artefacts with a manifest.
/// </summary>
public sealed class AdversarialJob : JobKind<AdversarialRequest, AdversarialUnit, AdversarialPart>, IDisposable
{
    private const int MostModels = 20;
    private const int MostPictures = 4;
    private readonly Lazy<ImageCodec> _codec = new(() => new ImageCodec());
    private readonly AttackedModels _models = new();

    /// <inheritdoc/>
    public override string Name => "adversarial";

    /// <inheritdoc/>
    public override string Summary => "Attacks a classifier or detector, white-box or black-box, stores the samples, and measures models on them.";

    /// <inheritdoc/>
    public void Dispose()
    {
        _models.Dispose();
        if (_codec.IsValueCreated)
            _codec.Value.Dispose();
    }

    /// <inheritdoc/>
    protected override void Validate(AdversarialRequest request, ValidationErrors errors)
    {
        if (!errors.Require(request.Task is "classification" or "detection", "task", "must be classification or detection"))
            return;
        var detection = request.IsDetection;
        if (request.Mode == AdversarialMode.Transfer)
        {
            errors.Require(request.Samples is { Length: > 0 and <= 200 }, "samples", "the job that made the samples, or its manifest, is needed");
            errors.Require(request.Attack is null && request.Dataset is null, "attack",
                "samples that are there are transferred; attack and dataset are for create and matrix");
        }
        else
        {
            errors.Require(request.Samples is null, "samples", "are for mode transfer");
            if (errors.Require(request.Dataset is not null, "dataset", DocumentJson.Required))
                request.Dataset!.Check("dataset", errors);
            if (errors.Require(request.Attack is not null, "attack", DocumentJson.Required))
                AttackCatalog.Check(request.Attack!, detection, "attack", errors);
            errors.Require(request.Epsilon is null or >= 0, "epsilon", "at least 0, in the pixel scale [0,1]");
            errors.Require(request.Epsilon is null || request.Attack?.Eps is null, "epsilon", "either epsilon or attack.eps");
        }

        if (request.Mode == AdversarialMode.Create)
        {
            errors.Require(request.Targets.Count == 0 && request.Sources.Count == 0, "targets", "are for transfer and matrix");
            if (errors.Require((request.BaseModel is null) != (request.Model is null), request.BaseModel is null ? "model" : "base_model",
                request.BaseModel is null ? DocumentJson.Required : "either base_model or model"))
                (request.BaseModel ?? new ModelReference { Uri = request.Model! }).Check("base_model", detection, errors);
        }
        else
        {
            errors.Require(request.Targets.Count is > 0 and <= MostModels, "targets", $"1 to {MostModels} models");
            errors.Require(request.Sources.Count <= MostModels, "sources", $"at most {MostModels} models");
            errors.Require(request.Sources.Count == 0 || request.Mode == AdversarialMode.Matrix, "sources", "are for mode matrix");
            for (var i = 0; i < Math.Min(request.Targets.Count, MostModels); i++)
                request.Targets[i].Check($"targets[{i}]", detection, errors);
            for (var i = 0; i < Math.Min(request.Sources.Count, MostModels); i++)
                request.Sources[i].Check($"sources[{i}]", detection, errors);
        }

        errors.Require(request.Output.Format is "npz" or "png", "output.format", "must be npz or png");
        request.Metrics.Check("metrics", errors);
        CheckGate(request, errors);
        AcceptRule.Check(request.Accept, "accept", AdversarialResults.Names, errors);
    }

    /// <inheritdoc/>
    protected override Task<IReadOnlyList<AdversarialUnit>> PlanAsync(AdversarialRequest request, IJobContext context, CancellationToken cancellationToken) =>
        new UnitPlanner(_codec.Value, request, context, cancellationToken).PlanAsync();

    /// <inheritdoc/>
    protected override async Task<AdversarialPart> ExecuteAsync(
        AdversarialRequest request, AdversarialUnit unit, IJobContext context, CancellationToken cancellationToken)
    {
        try
        {
            // Hours of arithmetic must not hold up the thread that asked for them.
            return await Task.Run(() => new UnitRunner(_models, _codec.Value, request, unit, context, cancellationToken).RunAsync(), cancellationToken);
        }
        catch (Exception e) when (e is UnattackableModelException or AttackUnsupportedException)
        {
            throw new JobInputException(unit.Source?.Field ?? "targets", e.Message);
        }
        catch (ArgumentException e) when (request.Attack is { } attack && AttackCatalog.IsPatch(attack.Name))
        {
            throw new JobInputException("attack", e.Message);
        }
        catch (InvalidDataException e)
        {
            throw new JobInputException("samples", e.Message);
        }
    }

    /// <inheritdoc/>
    protected override async Task<JobResult> AggregateAsync(
        AdversarialRequest request, IReadOnlyList<AdversarialPart> parts, IJobContext context, CancellationToken cancellationToken)
    {
        var results = new AdversarialResults(request, parts);
        var verdict = AdversarialGate.Judge(request, results);
        JsonElement? output = null;
        if (request.Mode != AdversarialMode.Transfer)
        {
            var manifests = new List<object>();
            foreach (var source in results.Sources)
            {
                var manifest = Manifest(request, results, source, context.StartedAt);
                // That of the first source is the job's own.
                var role = manifests.Count == 0 ? "manifest" : "manifest-" + source.Replace('/', '-');
                var digest = await context.StoreAsync(JsonSerializer.SerializeToUtf8Bytes(manifest, DocumentJson.Options), "application/json", role,
                    cancellationToken);
                manifests.Add(new { source, digest });
            }

            output = JsonSerializer.SerializeToElement(new { manifests }, DocumentJson.Options);
        }

        var pictures = await PicturesAsync(parts, context, cancellationToken);
        return new JobResult
        {
            Metrics = results.Metrics, Accepted = verdict?.Accepted, Explanation = verdict?.Explanation, Output = output,
            Report = AdversarialReport.Write(request, results, verdict, pictures, context.StartedAt),
        };
    }

    private static void CheckGate(AdversarialRequest request, ValidationErrors errors)
    {
        if (request.Gate is not { } gate)
            return;
        errors.Require(gate.MaxRelativeMapDrop is null || request.IsDetection, "gate.maxRelativeMapDrop", "is for task detection");
        errors.Require(gate.MaxRelativeMapDrop is null or (>= 0 and <= 1), "gate.maxRelativeMapDrop", "0 to 1");
        errors.Require(gate.MinRobustAccuracy is null || !request.IsDetection, "gate.minRobustAccuracy", "is for task classification");
        foreach (var (epsilon, least) in gate.MinRobustAccuracy ?? new Dictionary<string, double>())
        {
            errors.Require(FractionConverter.TryParse(epsilon, out var size) && size >= 0, $"gate.minRobustAccuracy.{epsilon}",
                "names are sizes of ε such as 8/255");
            errors.Require(least is >= 0 and <= 1, $"gate.minRobustAccuracy.{epsilon}", "0 to 1");
        }
    }

    private static AdversarialManifest Manifest(AdversarialRequest request, AdversarialResults results, string source, DateTimeOffset created)
    {
        var parts = results.Parts.Where(p => p.Source == source).ToList();
        return new AdversarialManifest
        {
            CreatedUtc = created, Seed = request.Seed, Task = request.Task, BaseModel = source, BaseModelDigest = parts[0].SourceDigest,
            Classes = parts[0].Classes,
            Attack = request.ResolvedAttack(), Format = request.Output.Format, Shape = parts[0].Shape, Skipped = [.. parts.SelectMany(p => p.Skipped)],
            MetricsOnBase = results.Metrics,
            Samples = [.. parts.SelectMany(p => p.Samples.Select((s, i) => new ManifestSample(p.File, i, s, p.Labels?[i], i < p.Outcomes.Count ? p.Outcomes[i]
                : null)))],
        };
    }

    private static async Task<List<ImageRow>> PicturesAsync(IReadOnlyList<AdversarialPart> parts, IJobContext context, CancellationToken ct)
    {
        var rows = new List<ImageRow>();
        foreach (var (part, triple) in parts.SelectMany(p => p.Pictures.Select(t => (p, t))).Take(MostPictures))
        {
            rows.Add(new ImageRow
            {
                Title = part.Source == parts[0].Source ? triple.Caption : $"{part.Source}: {triple.Caption}",
                Images =
                [
                    ReportImage.OfFile(await context.ReadAsync(triple.Clean, ct)) with { Caption = "clean", Marks = triple.Found },
                    ReportImage.OfFile(await context.ReadAsync(triple.Change, ct)) with { Caption = "change, 16 times as strong" },
                    ReportImage.OfFile(await context.ReadAsync(triple.Attacked, ct)) with { Caption = "attacked", Marks = triple.FoundAttacked },
                ],
            });
        }

        return rows;
    }
}
