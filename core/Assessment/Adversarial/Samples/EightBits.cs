using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Samples;

/// <summary>Attacked images as files of 8 bits hold them.</summary>
public static class EightBits
{
    /// <summary>Rounds to multiples of 1/255; where that leaves the ball, towards the clean value instead. Values that did not change stay as they are.</summary>
    /// <param name="clean">The clean image.</param>
    /// <param name="attacked">The attacked image.</param>
    /// <param name="ball">What was allowed; null = without bound.</param>
    /// <returns>The rounded image.</returns>
    public static float[] Round(ReadOnlySpan<float> clean, ReadOnlySpan<float> attacked, PerturbationBall? ball)
    {
        var result = new float[attacked.Length];
        for (var i = 0; i < result.Length; i++)
            result[i] = MathF.Round(attacked[i] * 255) / 255;
        if (ball is null)
            return result;
        if (ball.Norm == PerturbationNorm.Linf)
        {
            for (var i = 0; i < result.Length; i++)
            {
                if (Math.Abs((double)result[i] - clean[i]) > ball.Radius + 1e-7)
                    result[i] = Towards(clean[i], attacked[i]);
            }

            return result;
        }

        // The largest roundings away from the clean image are taken back first.
        if (ball.Measure(clean, result) <= ball.Radius + 1e-7)
            return result;
        var gains = new (int Place, double Gain)[result.Length];
        for (var i = 0; i < result.Length; i++)
            gains[i] = (i, Math.Abs((double)result[i] - clean[i]) - Math.Abs((double)Towards(clean[i], attacked[i]) - clean[i]));
        Array.Sort(gains, (a, b) => b.Gain.CompareTo(a.Gain));
        for (int n = 0, done = 0; n < gains.Length && gains[n].Gain > 0; n++)
        {
            result[gains[n].Place] = Towards(clean[gains[n].Place], attacked[gains[n].Place]);
            if (++done % 64 == 0 && ball.Measure(clean, result) <= ball.Radius + 1e-7)
                break;
        }

        return result;
    }

    // Towards the clean value, not beyond it unless no multiple lies between.
    private static float Towards(float clean, float attacked) =>
        (attacked > clean ? MathF.Floor(attacked * 255 + 1e-3f) : MathF.Ceiling(attacked * 255 - 1e-3f)) / 255;
}
