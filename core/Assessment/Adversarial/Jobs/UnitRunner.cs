using System.Globalization;
using Iml4e.Assessment.Adversarial.Attacks;
using Iml4e.Assessment.Adversarial.Configuration;
using Iml4e.Assessment.Adversarial.Detection;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Samples;
using Iml4e.Assessment.Adversarial.Scores;
using Iml4e.Assessment.Adversarial.Threat;
using Iml4e.Assessment.Jobs;
using Iml4e.Inference.Images;

namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>Does one unit: attacks its images, if they are not yet, and lets every model judge them.</summary>
internal sealed class UnitRunner(AttackedModels models, ImageCodec codec, AdversarialRequest request, AdversarialUnit unit, IJobContext context,
    CancellationToken ct)
{
    private const int PicturesOfUnit = 4;
    private const int MostShown = 30;
    private const double Shown = 0.25;
    private const double ShownOverlap = 0.45;

    private bool IsDetection => request.IsDetection;

    internal async Task<AdversarialPart> RunAsync()
    {
        var file = await context.ReadAsync(unit.Images, ct);
        var (clean, attacked, shape) = SampleFile.Read(file, unit.Samples, codec);
        if (unit.Source is null)
        {
            var given = attacked ?? throw new JobInputException("samples", "the file has no attacked images");
            var carried = new AdversarialPart
            {
                Source = unit.SourceTitle, File = unit.Images, Samples = unit.Samples, Judgements = [], Shape = Dimensions(shape),
            };
            return await JudgeAsync(carried, clean, given, null, shape);
        }

        var attack = request.ResolvedAttack();
        using var loan = await LendAsync(unit.Source, attack.BatchSize!.Value);
        return await AttackAsync(loan.Model, attack, clean, shape);
    }

    private static int[] Dimensions(ImageShape shape) => [shape.Channels, shape.Height, shape.Width];

    private async Task<AttackedModels.Loan> LendAsync(FixedModel model, int rows)
    {
        var onnx = await context.ReadAsync(model.Digest, ct);
        try
        {
            return models.Lend(model.Digest, model.Reference, rows, () => AttackedModel.Load(onnx, model.Reference, IsDetection, rows, threads: 1));
        }
        catch (UnattackableModelException e)
        {
            throw new JobInputException(model.Field, $"{model.Title}: {e.Message}");
        }
    }

    private async Task<AdversarialPart> AttackAsync(AttackedModel model, AttackSettings attack, float[] clean, ImageShape shape)
    {
        var batch = new AttackBatch(shape, clean, [.. unit.Samples.Select(s => SampleRandom.Key(request.Seed, s.Id))]);
        var predicted = model.Classifier?.Classify(clean, ct);
        int[]? right = predicted is null ? null : [.. unit.Samples.Select((s, i) => s.Label ?? predicted[i])];
        var labels = attack.Labels == "ground_truth" ? right : predicted;
        var targets = attack.Targeted && labels is not null ? labels.Select(l => attack.Target ?? (l + 1) % model.Classifier!.Classes).ToArray() : null;
        var truth = attack.Labels == "ground_truth" && unit.Samples.All(s => s.Objects is not null)
            ? unit.Samples.Select(s => s.Objects!).ToArray()
            : null;
        var patch = AttackCatalog.IsPatch(attack.Name) ? new PatchAttack(AttackCatalog.Patch(attack)).Run(model.Detector!, clean, request.Seed, ct) : null;
        var subject = patch is null ? model.Subject(attack, batch, labels, targets, truth, ct) : null;
        var (attacked, outcome, curve) = patch is null ? Climb(model, attack, batch, subject!, right, predicted) : (patch.Images, null, new List<CurvePoint>());
        PerturbationBall? ball = AttackCatalog.IsBounded(attack.Name) ? AttackCatalog.Ball(attack, attack.Eps!.Value) : null;
        var rounded = new float[clean.Length];
        for (var i = 0; i < batch.Count; i++)
            EightBits.Round(batch.Image(i), attacked.AsSpan(i * shape.Size, shape.Size), ball).CopyTo(rounded, i * shape.Size);
        var png = request.Output.Format == "png";
        var stored = await context.StoreAsync(
            SampleFile.Write(clean, png ? rounded : attacked, shape, unit.Samples, png, codec), "application/zip", "adversarial-samples", ct);
        var part = new AdversarialPart
        {
            Source = unit.SourceTitle, SourceDigest = unit.Source!.Digest, File = stored, Samples = unit.Samples, Labels = right, Judgements = [],
            Curve = curve, Skipped = unit.Skipped, Classes = model.Classifier?.Classes ?? model.Detector!.Classes,
            Gradients = subject?.Counters.Gradients ?? patch!.Gradients,
            ZeroGradients = subject?.Counters.ZeroGradients ?? 0, InvalidGradients = subject?.Counters.InvalidValues ?? 0, Shape = Dimensions(shape),
            NoiseRight = Noise(model, attack, batch, labels, targets, right, ball),
            StraightThrough = !AttackCatalog.IsBlackBox(attack.Name) && model.IsQuantised,
        };
        if (ball is not null && attack.Name != "noise" && model.Detector is { } detector)
            part = part with { NoiseFound = detector.Detect(Noisy(model, attack, batch, labels, targets, ball), request.Metrics.Limits, ct) };
        part = await JudgeAsync(part, clean, attacked, rounded, shape);
        var own = part.Judgements.FirstOrDefault(j => j.Model == unit.SourceTitle) ?? Judge(model, unit.Source!, clean, attacked, rounded, shape);
        return part with
        {
            Outcomes = Describe(batch, attacked, outcome, own, right, targets),
            Pictures = unit.Pictured ? await DrawAsync(clean, attacked, shape, own, model) : [],
        };
    }

    // Each ε by itself; of the classifier's samples it is noted which are still right.
    private (float[] Images, AttackOutcome Outcome, List<CurvePoint> Curve) Climb(
        AttackedModel model, AttackSettings attack, AttackBatch batch, IAttackSubject subject, int[]? right, int[]? predicted)
    {
        var curve = new List<CurvePoint>();
        var bounded = AttackCatalog.IsBounded(attack.Name);
        var main = attack.Eps ?? 0;
        if (right is not null && bounded)
            curve.Add(new CurvePoint(0, [.. predicted!.Zip(right, (p, r) => p == r)]));
        AttackOutcome? outcome = null;
        double[] all = bounded ? [.. (attack.Epsilons ?? [main]).Append(main).Distinct().Order()] : [main];
        foreach (var eps in all)
        {
            var result = AttackCatalog.Make(attack, eps).Run(subject, batch, ct);
            if (eps == main)
                outcome = result;
            if (right is not null && bounded && eps > 0)
                curve.Add(new CurvePoint(eps, [.. model.Classifier!.Classify(result.Images, ct).Zip(right, (p, r) => p == r)]));
            context.Report((Array.IndexOf(all, eps) + 1.0) / (all.Length + 1), attack.Name);
        }

        return (outcome!.Images, outcome, curve);
    }

    private IReadOnlyList<bool>? Noise(AttackedModel model, AttackSettings attack, AttackBatch batch, int[]? labels, int[]? targets, int[]? right,
        PerturbationBall? ball)
    {
        if (ball is null || right is null || attack.Name == "noise")
            return null;
        return [.. model.Classifier!.Classify(Noisy(model, attack, batch, labels, targets, ball), ct).Zip(right, (p, r) => p == r)];
    }

    private float[] Noisy(AttackedModel model, AttackSettings attack, AttackBatch batch, int[]? labels, int[]? targets, PerturbationBall ball) =>
        new NoiseAttack(ball).Run(model.Subject(attack, batch, labels, targets, null, ct), batch, ct).Images;

    private async Task<AdversarialPart> JudgeAsync(AdversarialPart part, float[] clean, float[] attacked, float[]? rounded, ImageShape shape)
    {
        var (judgements, pictures) = (new List<Judgement>(), new List<PictureTriple>());
        foreach (var judge in unit.Judges)
        {
            using var loan = await LendAsync(judge, IsDetection ? 4 : 32);
            var judgement = Judge(loan.Model, judge, clean, attacked, rounded, shape);
            judgements.Add(judgement);
            // Samples that were there already are shown as the first model sees them.
            if (unit is { Source: null, Pictured: true } && pictures.Count == 0)
                pictures = await DrawAsync(clean, attacked, shape, judgement, loan.Model);
        }

        var names = unit.Judges.Where(j => unit.Pictured && j.Reference.Classes is { Names.Count: > 0 }).ToDictionary(j => j.Title, j => j.Reference.Classes!);
        return part with { Judgements = judgements, Labels = part.Labels ?? Labels(judgements), ClassNames = names, Pictures = pictures };
    }

    // Of samples from elsewhere: what is known, else what the first model says of the clean image.
    private IReadOnlyList<int>? Labels(List<Judgement> judgements) =>
        IsDetection ? null : [.. unit.Samples.Select((s, i) => s.Label ?? judgements[0].Clean![i])];

    private Judgement Judge(AttackedModel model, FixedModel judge, float[] clean, float[] attacked, float[]? rounded, ImageShape shape)
    {
        try
        {
            var (fitted, changed) = (model.Fit(clean, shape), model.Fit(attacked, shape));
            if (model.Classifier is { } classifier)
            {
                return new Judgement
                {
                    Model = judge.Title, Clean = classifier.Classify(fitted, ct), Attacked = classifier.Classify(changed, ct),
                    Attacked8Bit = rounded is null ? null : classifier.Classify(model.Fit(rounded, shape), ct),
                };
            }

            var limits = request.Metrics.Limits;
            var (found, after) = (model.Detector!.Detect(fitted, limits, ct), model.Detector.Detect(changed, limits, ct));
            return new Judgement { Model = judge.Title, Found = found, FoundAttacked = after, Truth = [.. found.Select((f, i) => Truth(model, f, i, shape))] };
        }
        catch (UnattackableModelException e)
        {
            throw new JobInputException(judge.Field, $"{judge.Title}: {e.Message}");
        }
    }

    // Annotated, in this model's pixels and classes; else what it is sure of itself.
    private IReadOnlyList<TrueObject> Truth(AttackedModel model, IReadOnlyList<DetectedObject> found, int sample, ImageShape shape)
    {
        if (unit.Samples[sample].Objects is not { } objects)
            return [.. found.Where(f => f.Score >= request.Metrics.Truth).Select(f => new TrueObject(f.Box, f.Class))];
        var fitting = model.Fitting(shape);
        var map = model.Reference.ClassMap;
        var result = new List<TrueObject>();
        foreach (var each in objects)
        {
            var kind = each.Class;
            if (map is null && kind >= model.Detector!.Classes)
            {
                throw new JobInputException("targets", string.Create(
                    CultureInfo.InvariantCulture,
                    $"{model.Reference.Uri} has {model.Detector.Classes} classes, and the samples have objects of class {kind}: say as classMap which is which"));
            }

            if (map is not null && !map.TryGetValue(each.Class.ToString(CultureInfo.InvariantCulture), out kind))
                continue;
            result.Add(each with { Box = fitting.Map(each.Box), Class = kind, Area = each.Area * fitting.ScaleX * fitting.ScaleY });
        }

        return result;
    }

    private List<SampleOutcome> Describe(AttackBatch batch, float[] attacked, AttackOutcome? outcome, Judgement own, int[]? right, int[]? targets)
    {
        var result = new List<SampleOutcome>(batch.Count);
        for (var i = 0; i < batch.Count; i++)
        {
            var figures = PerturbationFigures.Of(batch.Image(i), attacked.AsSpan(i * batch.Size, batch.Size), batch.Shape);
            bool Errs(IReadOnlyList<int>? said) => said is not null && (targets is null ? said[i] != right![i] : said[i] == targets[i]);
            var success = own.Attacked is not null ? Errs(own.Attacked) : IsLost(own, i);
            result.Add(new SampleOutcome
            {
                Id = unit.Samples[i].Id, L0 = figures.L0, L2 = figures.L2, Linf = figures.Linf, Psnr = figures.Psnr, Ssim = figures.Ssim,
                Queries = outcome?.Queries[i] ?? 0, Iterations = outcome?.Iterations[i] ?? 0, LossBefore = Finite(outcome?.LossBefore[i]),
                LossAfter = Finite(outcome?.LossAfter[i]),
                SuccessFloat = success, Success8Bit = own.Attacked8Bit is null ? success : Errs(own.Attacked8Bit),
            });
        }

        return result;
    }

    private static double Finite(float? value) => value is { } v && float.IsFinite(v) ? v : 0;

    // A detector errs on a sample when half or more of what it was sure of is gone, or taken for something else.
    private static bool IsLost(Judgement own, int sample)
    {
        var change = DetectionChange.Of([.. own.Found![sample].Where(f => f.Score >= Shown)], [.. own.FoundAttacked![sample].Where(f => f.Score >= Shown)]);
        return change.Before > 0 && 2 * (change.Vanished + change.Mislabelled) >= change.Before;
    }

    private async Task<List<PictureTriple>> DrawAsync(float[] clean, float[] attacked, ImageShape shape, Judgement judgement, AttackedModel model)
    {
        var result = new List<PictureTriple>();
        var (media, fitting) = (Pictures.IsSmall(shape) ? "image/png" : "image/jpeg", model.Fitting(shape));
        for (var i = 0; i < Math.Min(PicturesOfUnit, unit.Samples.Count); i++)
        {
            var (before, after) = (clean.AsMemory(i * shape.Size, shape.Size), attacked.AsMemory(i * shape.Size, shape.Size));
            var (found, foundAttacked) = (Sure(judgement.Found, i, fitting), Sure(judgement.FoundAttacked, i, fitting));
            async Task<string> StoreAsync(byte[] content) => await context.StoreAsync(content, media, "picture", ct);
            var caption = judgement.Clean is null
                ? $"{unit.Samples[i].Id}: {found.Count} found, {foundAttacked.Count} when attacked"
                : $"{unit.Samples[i].Id}: class {judgement.Clean[i]}, {judgement.Attacked![i]} when attacked";
            result.Add(new PictureTriple(
                caption, await StoreAsync(Pictures.Draw(codec, before.Span, shape)),
                await StoreAsync(Pictures.Draw(codec, Pictures.Change(before.Span, after.Span), shape)),
                await StoreAsync(Pictures.Draw(codec, after.Span, shape)),
                Pictures.Marks(found, shape, model.Reference.Classes, 2), Pictures.Marks(foundAttacked, shape, model.Reference.Classes, 1)));
        }

        return result;
    }

    // What the model is sure of, in pixels of the sample, each object once.
    private List<DetectedObject> Sure(IReadOnlyList<IReadOnlyList<DetectedObject>>? found, int sample, ImageFitting fitting)
    {
        var result = new List<DetectedObject>();
        foreach (var each in (found?[sample] ?? []).Where(f => f.Score >= request.Metrics.Truth).OrderByDescending(f => f.Score))
        {
            if (!result.Exists(other => other.Class == each.Class && other.Box.Overlap(each.Box) > ShownOverlap))
                result.Add(each);
        }

        return [.. result.Take(MostShown).Select(f => f with { Box = fitting.Back(f.Box) })];
    }
}
