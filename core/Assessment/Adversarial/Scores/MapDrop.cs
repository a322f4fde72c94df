using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Scores;

/// <summary>Mean average precision on clean and on attacked images, with bootstrap intervals over images (the same images for both, so that the drop is paired).</summary>
/// <param name="Clean">On the clean images.</param>
/// <param name="Attacked">On the attacked images.</param>
/// <param name="CleanInterval">Its interval; null where nothing is to be found.</param>
/// <param name="AttackedInterval">Its interval.</param>
/// <param name="DropInterval">Interval of the relative drop.</param>
public sealed record MapDrop(MapScore Clean, MapScore Attacked, Interval? CleanInterval, Interval? AttackedInterval, Interval? DropInterval)
{
    private const int Resamples = 1_000;

    /// <summary>Clean minus attacked.</summary>
    public double? Absolute => Clean.Map - Attacked.Map;

    /// <summary>The drop as a part of the clean score; null where that is 0.</summary>
    public double? Relative => Clean.Map is > 0 ? Absolute / Clean.Map : null;

    /// <summary>Measures both.</summary>
    public static MapDrop Of(MapEvaluation clean, MapEvaluation attacked, int images, long seed)
    {
        ArgumentNullException.ThrowIfNull(clean);
        ArgumentNullException.ThrowIfNull(attacked);
        var random = new SampleRandom(SampleRandom.Key(seed, "bootstrap"));
        var (cleans, attackeds, drops) = (new List<double>(), new List<double>(), new List<double>());
        for (var n = 0; n < Resamples && images > 1; n++)
        {
            var sample = new int[images];
            for (var i = 0; i < images; i++)
                sample[i] = random.Next(images);
            if (clean.Score(sample).Map is not { } before || attacked.Score(sample).Map is not { } after)
                continue;
            cleans.Add(before);
            attackeds.Add(after);
            if (before > 0)
                drops.Add((before - after) / before);
        }

        return new MapDrop(clean.Score(), attacked.Score(), Bounds(cleans), Bounds(attackeds), Bounds(drops));
    }

    private static Interval? Bounds(List<double> values)
    {
        if (values.Count < 20)
            return null;
        values.Sort();
        return new Interval(values[(int)(0.025 * (values.Count - 1))], values[(int)Math.Ceiling(0.975 * (values.Count - 1))]);
    }
}
