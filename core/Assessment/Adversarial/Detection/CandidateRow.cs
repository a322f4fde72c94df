namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>All candidates of one image, decoded; valid until the next run.</summary>
internal readonly ref struct CandidateRow(DetectorDecoder decoder, ReadOnlySpan<float> boxes, ReadOnlySpan<float> objectness, ReadOnlySpan<float> classes)
{
    private readonly ReadOnlySpan<float> _boxes = boxes;
    private readonly ReadOnlySpan<float> _objectness = objectness;
    private readonly ReadOnlySpan<float> _classes = classes;

    internal int Count => _objectness.Length;

    internal Box Box(int point) => new(_boxes[4 * point], _boxes[4 * point + 1], _boxes[4 * point + 2], _boxes[4 * point + 3]);

    /// <summary>The likeliest class and its score.</summary>
    internal (int Class, double Score) Best(int point)
    {
        var width = decoder.Classes;
        var classes = _classes.Slice(point * width, width);
        var best = 0;
        for (var c = 1; c < width; c++)
        {
            if (classes[c] > classes[best])
                best = c;
        }

        return (best, Score(point, best));
    }

    /// <summary>Score of one class.</summary>
    internal double Score(int point, int kind)
    {
        double of = _classes[point * decoder.Classes + kind];
        if (decoder.ClassNumbers is not null)
            return of;
        // Where classes alone tell, the objectness is only their summary.
        return decoder.Heads[0].Objectness is null ? of : Power(_objectness[point], decoder.ObjectnessPower) * Power(of, decoder.ClassPower);
    }

    /// <summary>All classes, likeliest first.</summary>
    internal int[] RankClasses(int point)
    {
        var values = _classes.Slice(point * decoder.Classes, decoder.Classes).ToArray();
        return [.. Enumerable.Range(0, values.Length).OrderByDescending(c => values[c])];
    }

    /// <summary>Detections: candidates that are sure enough, without doubles.</summary>
    internal IReadOnlyList<DetectedObject> Select(DetectionLimits limits)
    {
        var found = new List<DetectedObject>();
        for (var p = 0; p < Count; p++)
        {
            var (kind, score) = Best(p);
            if (score >= limits.Confidence && double.IsFinite(score))
                found.Add(new DetectedObject(Box(p), kind, score));
        }

        return decoder.Suppress
            ? NonMaximumSuppression.Apply(found, limits.Overlap, limits.Most)
            : [.. found.OrderByDescending(f => f.Score).Take(limits.Most)];
    }

    private static double Power(double value, double power) => power == 1 ? value : Math.Pow(Math.Max(value, 0), power);
}
