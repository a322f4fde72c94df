using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Samples;

/// <summary>Attacked images as files of 8 bits hold them.</summary>
public static class EightBits
{
    private const double Slack = 1e-7;

    /// <summary>
    /// Rounds to multiples of 1/255. Where that leaves the ball, values go towards the clean one instead, and back to it where no multiple lies between;
    /// values that the attack did not change stay as they are.
    /// </summary>
    /// <param name="clean">The clean image.</param>
    /// <param name="attacked">The attacked image, in the ball.</param>
    /// <param name="ball">What was allowed; null = without bound.</param>
    /// <returns>The rounded image.</returns>
    public static float[] Round(ReadOnlySpan<float> clean, ReadOnlySpan<float> attacked, PerturbationBall? ball)
    {
        var result = new float[attacked.Length];
        for (var i = 0; i < result.Length; i++)
            result[i] = attacked[i] == clean[i] ? clean[i] : MathF.Round(attacked[i] * 255) / 255;
        if (ball is null)
            return result;
        if (ball.Norm == PerturbationNorm.Linf)
        {
            for (var i = 0; i < result.Length; i++)
            {
                if (Math.Abs((double)result[i] - clean[i]) > ball.Radius + Slack)
                    result[i] = Towards(clean[i], attacked[i]);
            }
        }
        else if (ball.Measure(clean, result) > ball.Radius + Slack)
        {
            Shrink(clean, attacked, result, ball);
        }

        return result;
    }

    // First the roundings away from the clean image are taken back, the largest first; then, if need be, the smallest changes altogether.
    private static void Shrink(ReadOnlySpan<float> clean, ReadOnlySpan<float> attacked, float[] result, PerturbationBall ball)
    {
        var gains = new (int Place, double Gain)[result.Length];
        for (var i = 0; i < result.Length; i++)
            gains[i] = (i, Math.Abs((double)result[i] - clean[i]) - Math.Abs((double)Towards(clean[i], attacked[i]) - clean[i]));
        Array.Sort(gains, (a, b) => b.Gain.CompareTo(a.Gain));
        var changed = Array.FindAll(gains, g => g.Gain > 0);
        // Measured now and then only: images are large.
        var between = Math.Max(1, result.Length / 100);
        for (var n = 0; n < changed.Length && !(n % between == 0 && IsWithin(clean, result, ball)); n++)
            result[changed[n].Place] = Towards(clean[changed[n].Place], attacked[changed[n].Place]);
        var sizes = new double[result.Length];
        for (var i = 0; i < result.Length; i++)
            sizes[i] = Math.Abs((double)attacked[i] - clean[i]);
        int[] order = [.. Enumerable.Range(0, result.Length).OrderBy(i => sizes[i])];
        for (var n = 0; n < order.Length && !(n % between == 0 && IsWithin(clean, result, ball)); n++)
            result[order[n]] = clean[order[n]];
    }

    private static bool IsWithin(ReadOnlySpan<float> clean, float[] result, PerturbationBall ball) => ball.Measure(clean, result) <= ball.Radius + Slack;

    // The next multiple on the way to the clean value; that value itself where there is none.
    private static float Towards(float clean, float attacked)
    {
        var next = (attacked > clean ? MathF.Floor(attacked * 255 + 1e-3f) : MathF.Ceiling(attacked * 255 - 1e-3f)) / 255;
        return Math.Abs(next - clean) <= Math.Abs(attacked - clean) + 1e-6f ? next : clean;
    }
}
