using System.Globalization;
using Iml4e.Assessment.Acceptance;
using Iml4e.Assessment.Adversarial.Configuration;
using Iml4e.Assessment.Adversarial.Scores;
using Iml4e.Assessment.Jobs;
using Iml4e.Reporting;
using Iml4e.Reporting.Images;

namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>Writes the report of a job.</summary>
internal static class AdversarialReport
{
    private const int MostSkipped = 50;
    private const int MostClasses = 30;

    /// <summary>The report.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="results">What came out.</param>
    /// <param name="verdict">What it came to.</param>
    /// <param name="pictures">Pictures with their captions.</param>
    /// <param name="created">When the job was started.</param>
    internal static Report Write(AdversarialRequest request, AdversarialResults results, AcceptResult? verdict, IReadOnlyList<ImageRow> pictures,
        DateTimeOffset created)
    {
        var attack = request.Attack is null ? null : request.ResolvedAttack();
        var title = attack is null ? "Transferred attack" : $"Adversarial test: {attack.Name}";
        var builder = new ReportBuilder(title, $"{string.Join(", ", results.Sources)} on {string.Join(", ", results.Judges)}", created)
            .Verdict(verdict)
            .Metrics("Figures", results.Metrics.Where(m => m.Value is not null).ToDictionary());
        foreach (var part in results.Parts.Where(p => p.SourceDigest.Length > 0).DistinctBy(p => p.Source))
            builder.Fact("Attacked model", $"{part.Source} {part.SourceDigest}");
        if (attack is not null)
            builder.Fact("Attack", Describe(attack)).Fact("Seed", request.Seed.ToString(CultureInfo.InvariantCulture));
        builder.Paragraph("How it was measured", Truth(request, results));
        var flags = Flags(request, results);
        if (flags.Count > 0)
            builder.Table("Signs of hidden gradients", ["Sign"], [.. flags.Select(f => new[] { f })]);
        Pairs(builder, request, results);
        if (request.IsDetection)
            Breakdown(builder, results);
        if (results.Sources.Count * results.Judges.Count > 1)
        {
            builder.Matrix(
                request.IsDetection ? "Relative drop of the mean average precision" : "Success rate on samples that both get right", "made on", "measured on",
                    results.Sources,
                results.Judges, results.Matrix.Values);
            Strengths(builder, results);
        }

        builder
            .Line("Robust accuracy over ε", "ε × 255", "robust accuracy", [.. results.Curve.Select(c => (c.Epsilon * 255, c.RobustAccuracy))])
            .Pictures("Samples", "Clean with what is found, the change sixteen times as strong, attacked with what is found then.", pictures);
        var skipped = results.Parts.SelectMany(p => p.Skipped).DistinctBy(s => s.Id).ToList();
        if (skipped.Count > 0)
        {
            builder.Table(
                $"Images that could not be used: {skipped.Count}", ["Image", "Why"], [.. skipped.Take(MostSkipped).Select(s => new[] { s.Id, s.Reason })]);
        }

        return builder.Build();
    }

    /// <summary>Signs of hidden gradients, as far as the job tells.</summary>
    internal static IReadOnlyList<string> Flags(AdversarialRequest request, AdversarialResults results)
    {
        var outcomes = results.Parts.SelectMany(p => p.Outcomes).ToList();
        if (request.Attack is null || outcomes.Count == 0)
            return [];
        var gradients = results.Parts.Sum(p => p.Gradients);
        var (clean, noise) = (results.Metrics.GetValueOrDefault("clean_accuracy"), results.Metrics.GetValueOrDefault("noise_accuracy"));
        var success = results.Metrics.GetValueOrDefault("attack_success_rate");
        var invalid = results.Parts.Sum(p => p.InvalidGradients);
        IReadOnlyList<string> seen = invalid == 0 ? [] : [string.Create(CultureInfo.InvariantCulture,
            $"{invalid} values of gradients were no numbers and were taken as 0")];
        return [.. seen, .. new MaskingEvidence
        {
            Iterative = success, Noise = clean > 0 && noise is not null && success > 0 ? Math.Max(0, (clean.Value - noise.Value) / clean.Value) : null,
            LossNotRisen = AttackCatalog.IsPatch(request.Attack.Name) ? null : outcomes.Count(o => o.LossAfter <= o.LossBefore
                && !o.SuccessFloat) / (double)outcomes.Count,
            ZeroGradients = gradients == 0 ? null : results.Parts.Sum(p => p.ZeroGradients) / (double)gradients, StraightThrough = results.Parts
                .Any(p => p.StraightThrough),
        }.Flags()];
    }

    private static string Truth(AdversarialRequest request, AdversarialResults results) => request.IsDetection
        ? $"Mean average precision after {request.Metrics.Map.ToUpperInvariant()}, detections from score {Text(request.Metrics.Conf)}. "
        + (results.HasAnnotations
            ? "The truth is what the data set's annotations say."
            : $"The images are not annotated: each model's own clean detections from score {Text(request.Metrics.Truth)} serve as truth, "
            + "so that its clean score is near 1 by definition.")
        : results.HasLabels
            ? "Right is what the data set's labels say; what is wrong when clean counts as not robust."
            : "The data set has no labels: what each attacked model says of the clean image counts as right.";

    private static void Pairs(ReportBuilder builder, AdversarialRequest request, AdversarialResults results)
    {
        if (request.IsDetection)
        {
            builder.Table(
                "Clean and attacked", ["Made on", "Measured on", "mAP clean", "95 %", "mAP attacked", "95 %", "Relative drop", "95 %", "AP50 attacked"],
                [.. results.Pairs.Select(p => new[]
                {
                    p.Source, p.Judge, Text(p.Drop!.Clean.Map), Text(p.Drop.CleanInterval), Text(p.Drop.Attacked.Map), Text(p.Drop.AttackedInterval),
                        Text(p.Drop.Relative),
                    Text(p.Drop.DropInterval), Text(p.Drop.Attacked.Ap50),
                })]);
            return;
        }

        builder.Table(
            "Clean and attacked", ["Made on", "Measured on", "Clean accuracy", "Robust accuracy", "… in 8 bits", "Success rate"],
            [.. results.Pairs.Select(p => new[] { p.Source, p.Judge, Text(p.Score!.CleanAccuracy), Text(p.Score.RobustAccuracy), Text(p.Robust8Bit),
                Text(p.Score.SuccessRate) })]);
    }

    // Of the pair that loses most.
    private static void Breakdown(ReportBuilder builder, AdversarialResults results)
    {
        var pair = results.Pairs.MaxBy(p => p.Drop!.Relative ?? double.NegativeInfinity)!;
        var (classes, before, after) = (results.Classes(pair.Judge), pair.Drop!.Clean, pair.Drop.Attacked);
        string[] Row(string name, double clean, double? attacked) => [name, Text(clean), Text(attacked), Text(clean > 0 ? (clean - attacked) / clean : null)];
        builder.Table(
            $"By size of the object, on {pair.Judge}", ["Size", "mAP clean", "mAP attacked", "Relative drop"],
            [.. before.PerSize.Zip(after.PerSize, (c, a) => Row(c.Size, c.Map, a.Map))]);
        builder.Table(
            $"By class, on {pair.Judge}", ["Class", "AP clean", "AP attacked", "Relative drop"],
            [
                .. before.PerClass.OrderByDescending(c => c.Value - after.PerClass[c.Key]).Take(MostClasses)
                    .Select(c => Row(classes.Of(c.Key), c.Value, after.PerClass[c.Key])),
            ]);
    }

    private static void Strengths(ReportBuilder builder, AdversarialResults results)
    {
        var matrix = results.Matrix;
        builder.Table(
            "Sources by strength", ["Source", "Mean effect on other models"],
            [.. Enumerable.Range(0, matrix.Sources.Count).OrderByDescending(s => matrix.Strength(s)).Select(s => new[] { matrix.Sources[s],
                Text(matrix.Strength(s)) })]);
        builder.Table(
            "Targets by weakness", ["Target", "Mean effect of other models' samples"],
            [.. Enumerable.Range(0, matrix.Targets.Count).OrderByDescending(t => matrix.Weakness(t)).Select(t => new[] { matrix.Targets[t],
                Text(matrix.Weakness(t)) })]);
    }

    private static string Describe(AttackSettings attack) => string.Join(", ", new[]
    {
        attack.Name, attack.Norm, attack.Eps is { } eps ? $"ε {Text(eps * 255)}/255" : null, AttackCatalog.IsBlackBox(attack.Name) ? null
            : $"step {Text(attack.EpsStep * 255)}/255",
        $"{attack.MaxIter} steps", attack.NumRandomInit > 0 ? $"{attack.NumRandomInit} random starts" : null, attack.Loss, attack.Targeted ? "targeted" : null,
    }.Where(t => t is not null));

    private static string Text(double? value) => value?.ToString("0.####", CultureInfo.InvariantCulture) ?? "–";

    // In one piece, with spaces that do not break.
    private static string Text(Interval? interval) => interval is null ? "–" : $"{Text(interval.Low)}\u00a0to\u00a0{Text(interval.High)}";
}
