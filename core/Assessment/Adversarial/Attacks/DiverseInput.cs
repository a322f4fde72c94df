using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>Random resizing and padding of the input before each gradient (Xie et al., 2019): what works on all of these transfers better.</summary>
/// <param name="Rate">Smallest size as a part of the whole, above 0 and below 1.</param>
/// <param name="Probability">How often an input is transformed at all, 0 to 1.</param>
public sealed record DiverseInput(double Rate = 0.9, double Probability = 0.5)
{
    /// <summary>Draws the transform of a sample for one step.</summary>
    internal DiverseTransform Draw(ImageShape shape, ref SampleRandom random)
    {
        // All numbers are drawn whether they are needed or not, so that steps do not shift.
        var (transformed, size, top, left) = (random.NextDouble() < Probability, random.NextDouble(), random.NextDouble(), random.NextDouble());
        if (!transformed)
            return default;
        int Side(int full)
        {
            var least = (int)Math.Floor(full * Rate);
            return Math.Max(1, least + (int)(size * Math.Max(0, full - least)));
        }

        var (height, width) = (Side(shape.Height), Side(shape.Width));
        return new DiverseTransform(height, width, (int)(top * (shape.Height - height + 1)), (int)(left * (shape.Width - width + 1)));
    }
}
