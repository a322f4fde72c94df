using Iml4e.Assessment.Adversarial.Configuration;
using Iml4e.Assessment.Adversarial.Scores;

namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>The parts of a job put together: what the samples of each source do to each model.</summary>
internal sealed class AdversarialResults
{
    /// <summary>Figures that an accept expression may name.</summary>
    internal static readonly string[] Names =
    [
        "samples", "skipped", "clean_accuracy", "robust_accuracy", "robust_accuracy_8bit", "attack_success_rate", "noise_accuracy", "transfer_mean",
        "transfer_max", "map_clean", "map_adversarial", "map_drop", "map_drop_absolute", "map_drop_noise", "vanishing_rate", "mislabel_rate",
        "fabricated_per_image", "l0_median", "l2_median", "l2_max", "linf_max", "psnr_median", "ssim_mean", "queries_median", "queries_p95", "gradients",
    ];

    private readonly AdversarialRequest _request;

    internal AdversarialResults(AdversarialRequest request, IReadOnlyList<AdversarialPart> parts)
    {
        (_request, Parts) = (request, parts);
        Sources = [.. parts.Select(p => p.Source).Distinct()];
        Judges = [.. parts.SelectMany(p => p.Judgements.Select(j => j.Model)).Distinct()];
        Pairs = [.. from source in Sources from judge in Judges select Pair(source, judge)];
        Matrix = new TransferMatrix(
            Sources, Judges,
            [.. Sources.Select(s => (IReadOnlyList<double?>)[.. Judges.Select(j => Effect(Pairs.Single(p => p.Source == s && p.Judge == j)))])]);
        Curve = MakeCurve();
        Metrics = MakeMetrics();
    }

    internal IReadOnlyList<AdversarialPart> Parts { get; }

    internal IReadOnlyList<string> Sources { get; }

    internal IReadOnlyList<string> Judges { get; }

    internal IReadOnlyList<PairResult> Pairs { get; }

    internal TransferMatrix Matrix { get; }

    internal IReadOnlyList<(double Epsilon, double RobustAccuracy)> Curve { get; }

    internal IReadOnlyDictionary<string, double?> Metrics { get; }

    internal bool HasAnnotations => Parts.Any(p => p.Samples.Any(s => s.Objects is not null));

    internal bool HasLabels => Parts.Any(p => p.Samples.Any(s => s.Label is not null));

    /// <summary>What a detector calls its classes.</summary>
    internal ClassList Classes(string judge) =>
        Parts.Select(p => p.ClassNames.GetValueOrDefault(judge)).FirstOrDefault(c => c is not null) ?? new ClassList(0, []);

    private static double? Effect(PairResult pair) => pair.Drop?.Relative ?? pair.Transferred;

    private PairResult Pair(string source, string judge)
    {
        var mine = Parts.Where(p => p.Source == source && p.Judgements.Any(j => j.Model == judge))
            .Select(p => (Part: p, By: p.Judgements.First(j => j.Model == judge))).ToList();
        if (_request.IsDetection)
        {
            var truth = mine.SelectMany(m => m.By.Truth!).ToList();
            var (clean, hit) = (mine.SelectMany(m => m.By.Found!).ToList(), mine.SelectMany(m => m.By.FoundAttacked!).ToList());
            var drop = new MapEvaluation(truth, _request.Metrics.Method).Drop(clean, hit, _request.Seed);
            var changes = clean.Zip(hit, (c, a) => DetectionChange.Of(
                [.. c.Where(f => f.Score >= _request.Metrics.Truth)], [.. a.Where(f => f.Score >= _request.Metrics.Truth)])).ToList();
            return new PairResult(source, judge, null, null, null, drop, changes);
        }

        int[] Flat(Func<(AdversarialPart Part, Judgement By), IReadOnlyList<int>?> of) => [.. mine.SelectMany(m => of(m) ?? [])];
        var labels = Flat(m => m.Part.Labels);
        var (before, after, rounded) = (Flat(m => m.By.Clean), Flat(m => m.By.Attacked), Flat(m => m.By.Attacked8Bit));
        var score = AttackScore.Of(labels, before, after);
        double? robust8 = rounded.Length == labels.Length ? AttackScore.Of(labels, before, rounded).RobustAccuracy : null;
        // Both must get it right when clean; where the source's own word is not there, the judge's.
        var own = Flat(m => m.Part.Judgements.FirstOrDefault(j => j.Model == source)?.Clean ?? m.By.Clean);
        return new PairResult(source, judge, score, robust8, TransferMatrix.Success(labels, own, before, after), null, []);
    }

    private IReadOnlyList<(double, double)> MakeCurve()
    {
        var parts = Parts.Where(p => p.Source == Sources[0] && p.Curve.Count > 0).ToList();
        if (parts.Count == 0)
            return [];
        var curve = new EpsilonCurve();
        foreach (var epsilon in parts[0].Curve.Select(c => c.Epsilon))
            curve.Add(epsilon, [.. parts.SelectMany(p => p.Curve.First(c => c.Epsilon == epsilon).Right)]);
        return curve.Points();
    }

    private Dictionary<string, double?> MakeMetrics()
    {
        var outcomes = Parts.SelectMany(p => p.Outcomes).ToList();
        var first = Parts.Where(p => p.Source == Sources[0]).DistinctBy(p => p.File).ToList();
        var metrics = new Dictionary<string, double?>
        {
            ["samples"] = first.Sum(p => p.Samples.Count), ["skipped"] = Parts.Where(p => p.Source == Sources[0]).Sum(p => p.Skipped.Count),
        };
        if (_request.IsDetection)
            Detection(metrics);
        else
            Classification(metrics);
        if (outcomes.Count > 0)
        {
            metrics["l0_median"] = Part(outcomes.Select(o => (double)o.L0), .5);
            metrics["l2_median"] = Part(outcomes.Select(o => o.L2), .5);
            metrics["l2_max"] = outcomes.Max(o => o.L2);
            metrics["linf_max"] = outcomes.Max(o => o.Linf);
            metrics["psnr_median"] = Part(outcomes.Select(o => o.Psnr), .5);
            metrics["ssim_mean"] = outcomes.Average(o => o.Ssim);
            var won = outcomes.Where(o => o.SuccessFloat && o.Queries > 0).Select(o => (double)o.Queries).ToList();
            metrics["queries_median"] = won.Count == 0 ? null : Part(won, .5);
            metrics["queries_p95"] = won.Count == 0 ? null : Part(won, .95);
            metrics["gradients"] = Parts.Sum(p => p.Gradients);
        }

        var others = Enumerable.Range(0, Sources.Count)
            .SelectMany(s => Enumerable.Range(0, Judges.Count).Where(t => Judges[t] != Sources[s]).Select(t => Matrix.Values[s][t])).OfType<double>().ToList();
        if (_request.Mode != AdversarialMode.Create)
        {
            metrics["transfer_mean"] = others.Count == 0 ? null : others.Average();
            metrics["transfer_max"] = others.Count == 0 ? null : others.Max();
        }

        return metrics;
    }

    // Of several pairs the worst counts: a model is as robust as against the strongest samples.
    private void Classification(Dictionary<string, double?> metrics)
    {
        metrics["clean_accuracy"] = Pairs.Min(p => p.Score!.CleanAccuracy);
        metrics["robust_accuracy"] = Pairs.Min(p => p.Score!.RobustAccuracy);
        metrics["robust_accuracy_8bit"] = Pairs.Min(p => p.Robust8Bit);
        metrics["attack_success_rate"] = Pairs.Max(p => p.Score!.SuccessRate);
        var noise = Parts.Where(p => p.Source == Sources[0] && p.NoiseRight is not null).SelectMany(p => p.NoiseRight!).ToList();
        metrics["noise_accuracy"] = noise.Count == 0 ? null : noise.Count(n => n) / (double)noise.Count;
    }

    private void Detection(Dictionary<string, double?> metrics)
    {
        var worst = Pairs.MaxBy(p => p.Drop!.Relative ?? double.NegativeInfinity)!;
        metrics["map_clean"] = worst.Drop!.Clean.Map;
        metrics["map_adversarial"] = worst.Drop.Attacked.Map;
        metrics["map_drop"] = worst.Drop.Relative;
        metrics["map_drop_absolute"] = worst.Drop.Absolute;
        metrics["map_drop_noise"] = NoiseDrop();
        var before = worst.Changes.Sum(c => c.Before);
        metrics["vanishing_rate"] = before == 0 ? null : worst.Changes.Sum(c => c.Vanished) / (double)before;
        metrics["mislabel_rate"] = before == 0 ? null : worst.Changes.Sum(c => c.Mislabelled) / (double)before;
        metrics["fabricated_per_image"] = worst.Changes.Count == 0 ? null : worst.Changes.Average(c => (double)c.Fabricated);
    }

    // Of the first source on itself: what noise of the same size does.
    private double? NoiseDrop()
    {
        var mine = Parts.Where(p => p.Source == Sources[0] && p.NoiseFound is not null)
            .Select(p => (Part: p, By: p.Judgements.FirstOrDefault(j => j.Model == p.Source))).ToList();
        if (mine.Count == 0 || mine.Exists(m => m.By is null))
            return null;
        var evaluation = new MapEvaluation([.. mine.SelectMany(m => m.By!.Truth!)], _request.Metrics.Method);
        return evaluation.Score([.. mine.SelectMany(m => m.By!.Found!)]).Map is > 0 and var clean
            ? (clean - evaluation.Score([.. mine.SelectMany(m => m.Part.NoiseFound!)]).Map) / clean
            : null;
    }

    private static double Part(IEnumerable<double> values, double part)
    {
        var sorted = values.Order().ToList();
        return sorted[(int)Math.Ceiling(part * (sorted.Count - 1))];
    }
}
