using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Scores;

/// <summary>How large a change of one image is, and how visible.</summary>
/// <param name="L0">Values changed.</param>
/// <param name="L2">Euclidean length.</param>
/// <param name="Linf">Largest change.</param>
/// <param name="Psnr">Peak signal to noise ratio, dB; 100 for no change.</param>
/// <param name="Ssim">Structural similarity, mean over channels; 1 for no change.</param>
public sealed record PerturbationFigures(long L0, double L2, double Linf, double Psnr, double Ssim)
{
    private const double NoNoise = 100;

    /// <summary>Measures a change.</summary>
    public static PerturbationFigures Of(ReadOnlySpan<float> clean, ReadOnlySpan<float> changed, ImageShape shape)
    {
        var l0 = 0L;
        for (var i = 0; i < clean.Length; i++)
            l0 += clean[i] != changed[i] ? 1 : 0;
        var l2 = PerturbationBall.Measure(PerturbationNorm.L2, clean, changed);
        var mean = l2 * l2 / clean.Length;
        return new PerturbationFigures(
            l0, l2, PerturbationBall.Measure(PerturbationNorm.Linf, clean, changed), mean > 0 ? Math.Min(NoNoise, -10 * Math.Log10(mean)) : NoNoise,
            StructuralSimilarity.Of(clean, changed, shape));
    }
}
