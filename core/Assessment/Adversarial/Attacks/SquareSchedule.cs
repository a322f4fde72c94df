namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>How large the squares of the square attack are, from step to step.</summary>
public static class SquareSchedule
{
    private static readonly double[] Ends = [0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8];

    /// <summary>Part of the image that a square covers.</summary>
    /// <param name="first">The first part.</param>
    /// <param name="step">Number of the step, from 0.</param>
    /// <param name="steps">Number of all steps.</param>
    public static double Part(double first, int step, int steps)
    {
        var progress = (double)step / steps;
        return first / (1 << Ends.Count(end => progress > end));
    }

    /// <summary>Side of the square, in pixels.</summary>
    public static int Side(double part, int height, int width) =>
        Math.Clamp((int)Math.Round(Math.Sqrt(part * height * width)), 1, Math.Min(height, width));
}
