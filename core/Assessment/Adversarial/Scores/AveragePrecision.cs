namespace Iml4e.Assessment.Adversarial.Scores;

/// <summary>The area under a curve of precision over recall, in the three ways of the field.</summary>
public static class AveragePrecision
{
    /// <summary>Reads it off.</summary>
    /// <param name="hits">Whether each detection is right, in falling order of scores.</param>
    /// <param name="objects">Number of true objects; above 0.</param>
    /// <param name="method">How.</param>
    public static double Of(ReadOnlySpan<bool> hits, int objects, ApMethod method)
    {
        var (precision, recall) = (new double[hits.Length], new double[hits.Length]);
        var right = 0;
        for (var i = 0; i < hits.Length; i++)
        {
            right += hits[i] ? 1 : 0;
            precision[i] = right / (i + 1.0);
            recall[i] = (double)right / objects;
        }

        // The envelope: the best precision at this recall or a higher one.
        for (var i = hits.Length - 2; i >= 0; i--)
            precision[i] = Math.Max(precision[i], precision[i + 1]);
        return method switch
        {
            ApMethod.Coco => AtEqualRecalls(precision, recall, 100),
            ApMethod.Voc07 => AtEqualRecalls(precision, recall, 10),
            _ => Area(precision, recall),
        };
    }

    private static double AtEqualRecalls(double[] precision, double[] recall, int parts)
    {
        double sum = 0;
        var at = 0;
        for (var i = 0; i <= parts; i++)
        {
            // Multiples of the rounded part, as the field's own program has them: a recall may equal one exactly.
            var wanted = i == parts ? 1 : i * (1.0 / parts);
            while (at < recall.Length && recall[at] < wanted)
                at++;
            sum += at < recall.Length ? precision[at] : 0;
        }

        return sum / (parts + 1);
    }

    private static double Area(double[] precision, double[] recall)
    {
        double sum = 0, before = 0;
        for (var i = 0; i < recall.Length; i++)
        {
            sum += (recall[i] - before) * precision[i];
            before = recall[i];
        }

        return sum;
    }
}
