using System.Text.Json;
using Iml4e.Assessment.Adversarial.Attacks;
using Iml4e.Assessment.Adversarial.Configuration;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Samples;
using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Validation;
using Iml4e.Inference.Images;

namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>
/// Splits a job into units: fixes the versions of models, reads and fits the images once, and stores them batch by batch, so that a unit that runs again reads
/// what it read before.
/// </summary>
internal sealed class UnitPlanner(ImageCodec codec, AdversarialRequest request, IJobContext context, CancellationToken ct)
{
    internal async Task<IReadOnlyList<AdversarialUnit>> PlanAsync()
    {
        var targets = new List<FixedModel>();
        foreach (var reference in request.Targets)
            targets.Add(await FixAsync(reference, $"targets[{targets.Count}]"));
        if (request.Mode == AdversarialMode.Transfer)
            return await TransferAsync(targets);
        var units = new List<AdversarialUnit>();
        foreach (var (i, reference) in request.AllSources().Index())
        {
            var source = await FixAsync(reference, SourceField(i));
            units.AddRange(await AttackAsync(source, request.Mode == AdversarialMode.Create ? [source] : targets));
        }

        return units;
    }

    private string SourceField(int index) => request.Mode != AdversarialMode.Create
        ? $"{(request.Sources.Count > 0 ? "sources" : "targets")}[{index}]"
        : request.BaseModel is null ? "model" : "base_model";

    private async Task<FixedModel> FixAsync(ModelReference reference, string field)
    {
        try
        {
            using var model = await context.OpenModelAsync(reference.Name, reference.VersionOrAlias, ct);
            return new FixedModel($"{model.Model}/{model.Version}", model.Digest, reference, field);
        }
        catch (JobInputException e)
        {
            throw new JobInputException(field, e.Detail);
        }
    }

    private async Task<List<AdversarialUnit>> AttackAsync(FixedModel source, IReadOnlyList<FixedModel> judges)
    {
        var attack = request.ResolvedAttack();
        using var model = Load(source, await context.ReadAsync(source.Digest, ct), attack);
        using var images = await ImageSource.OpenAsync(request, model.Shape, codec, context, ct);
        (source, judges) = (Named(source, images.Classes), [.. judges.Select(j => Named(j, images.Classes))]);
        var units = new List<AdversarialUnit>();
        var (pixels, truths, skipped) = (new List<float[]>(), new List<SampleTruth>(), new List<SkippedImage>());
        // A patch is one for all images.
        var size = AttackCatalog.IsPatch(attack.Name) ? int.MaxValue : Math.Max(attack.BatchSize!.Value, request.IsDetection ? 4 : 64);
        for (var i = 0; i < images.Ids.Count; i++)
        {
            ct.ThrowIfCancellationRequested();
            try
            {
                var (truth, fitted) = Prepare(model, images.Read(i));
                truths.Add(truth);
                pixels.Add(fitted);
            }
            catch (Exception e) when (e is InvalidDataException or InvalidImageException)
            {
                skipped.Add(new SkippedImage(images.Ids[i], e.Message));
            }
            catch (UnattackableModelException e)
            {
                throw new JobInputException("dataset", $"{images.Ids[i]}: {e.Message}");
            }

            context.Report((i + 1.0) / images.Ids.Count, "images");
            if (truths.Count == size)
                await FlushAsync();
        }

        await FlushAsync();
        if (units.Count == 0)
            throw new JobInputException("dataset", skipped.Count == 0 ? "there is no image" : $"no image can be used; {skipped[0].Id}: {skipped[0].Reason}");
        units[0] = units[0] with { Skipped = skipped };
        return units;

        async Task FlushAsync()
        {
            if (truths.Count == 0)
                return;
            var file = SampleFile.Write([.. pixels.SelectMany(p => p)], model.Shape);
            var digest = await context.StoreAsync(file, "application/zip", "clean-samples", ct);
            units.Add(new AdversarialUnit
            {
                Source = source, SourceTitle = source.Title, Judges = judges, Images = digest, Samples = [.. truths], Pictured = units.Count == 0,
            });
            truths.Clear();
            pixels.Clear();
        }
    }

    // Classes that the request does not name are called what the data set calls them.
    private static FixedModel Named(FixedModel model, IReadOnlyList<string> classes)
    {
        var own = model.Reference.Classes;
        return classes.Count == 0 || model.Reference.ClassMap is not null || own is { Names.Count: > 0 } || (own is not null && own.Count != classes.Count)
            ? model
            : model with { Reference = model.Reference with { Classes = new ClassList(classes.Count, classes) } };
    }

    // The gradient graph is written here for the first time: what cannot be differentiated is told before any work.
    private AttackedModel Load(FixedModel source, byte[] onnx, AttackSettings attack)
    {
        AttackedModel? model = null;
        try
        {
            model = AttackedModel.Load(onnx, source.Reference, request.IsDetection, request.IsDetection ? 1 : 4, threads: 1);
            if (!AttackCatalog.IsBlackBox(attack.Name))
                model.CheckGradient(attack);
            return model;
        }
        catch (Exception e) when (e is UnattackableModelException or AttackUnsupportedException or ArgumentException)
        {
            model?.Dispose();
            throw new JobInputException(source.Field, $"{source.Title}: {e.Message}");
        }
    }

    private static (SampleTruth Truth, float[] Pixels) Prepare(AttackedModel model, LoadedImage image)
    {
        if (image.Label is { } label && model.Classifier is { } classifier && label >= classifier.Classes)
            throw new JobInputException("label", $"{image.Id} has the label {label}; the model has the classes 0 to {classifier.Classes - 1}");
        if (model.Detector is { } detector && image.Objects?.FirstOrDefault(o => o.Class >= detector.Classes) is { Class: > 0 } unknown)
            throw new JobInputException("dataset.annotations",
                $"{image.Id} has an object of class {unknown.Class}; the model has the classes 0 to {detector.Classes - 1}");
        var (shape, preprocess) = (model.Shape, model.Reference.Preprocess);
        var fitting = ImageFitting.For(image.Shape.Height, image.Shape.Width, shape, preprocess.Resize);
        var (values, from) = (image.Values, image.Shape);
        if (from.Channels == 3 && shape.Channels == 1)
            (values, from) = (Brightness(values, from.Plane), new Threat.ImageShape(1, from.Height, from.Width));
        var truth = new SampleTruth(image.Id, image.Shape.Width, image.Shape.Height, image.Label, image.Objects is null
            ? null
            : [.. image.Objects.Select(o => o with { Box = fitting.Map(o.Box), Area = o.Area * fitting.ScaleX * fitting.ScaleY })]);
        return (truth, fitting.Apply(values, from, shape, preprocess.Pad));
    }

    private static float[] Brightness(float[] values, int plane)
    {
        var result = new float[plane];
        for (var i = 0; i < plane; i++)
            result[i] = 0.299f * values[i] + 0.587f * values[plane + i] + 0.114f * values[2 * plane + i];
        return result;
    }

    private async Task<List<AdversarialUnit>> TransferAsync(List<FixedModel> targets)
    {
        var manifest = await ReadManifestAsync();
        if (manifest.Task != request.Task)
            throw new JobInputException("samples", $"the samples are for {manifest.Task}, the request is for {request.Task}");
        CheckClasses(manifest, targets);
        var units = new List<AdversarialUnit>();
        foreach (var file in manifest.Samples.GroupBy(s => s.File))
        {
            // Each target by itself, so that a slow one does not hold up the others.
            foreach (var target in targets)
            {
                units.Add(new AdversarialUnit
                {
                    SourceTitle = manifest.BaseModel, Judges = [target], Images = file.Key, Pictured = units.Count < targets.Count,
                    Samples = [.. file.OrderBy(s => s.Index).Select(s => s.Truth with { Label = s.Truth.Label ?? s.Label })],
                });
            }
        }

        return units;
    }

    private async Task<AdversarialManifest> ReadManifestAsync()
    {
        var name = request.Samples!;
        var id = name.StartsWith("adversarial/", StringComparison.Ordinal) ? name.Split('/')[1] : name;
        var digest = id.StartsWith("sha256:", StringComparison.Ordinal) ? id : await context.FindOutputAsync(id, "manifest", ct);
        if (digest is null)
            throw new JobInputException("samples", $"there is no manifest of '{id}': name a finished job of mode create, or the digest of its manifest");
        try
        {
            return JsonSerializer.Deserialize<AdversarialManifest>(await context.ReadAsync(digest, ct), DocumentJson.Options) is { Adversarial: true } manifest
                ? manifest
                : throw new JobInputException("samples", "the artefact is no manifest of attacked samples");
        }
        catch (JsonException)
        {
            throw new JobInputException("samples", "the artefact is no manifest of attacked samples");
        }
    }

    private void CheckClasses(AdversarialManifest manifest, List<FixedModel> targets)
    {
        for (var i = 0; i < targets.Count; i++)
        {
            if (request.IsDetection && manifest.Classes is { } classes && targets[i].Reference is { ClassMap: null, Classes: { } own } && own.Count != classes
                && manifest.Samples.Any(s => s.Truth.Objects is { Count: > 0 }))
            {
                throw new JobInputException(
                    targets[i].Field + ".classMap", $"the samples have {classes} classes and the model has {own.Count}: say which is which");
            }
        }
    }
}
