namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>Steps after which APGD looks whether it should go slower.</summary>
public static class ApgdCheckpoints
{
    /// <summary>The checkpoints ⌈p·T⌉ with p = 0, 0.22 and so on, in exact decimals.</summary>
    /// <param name="iterations">T, number of steps.</param>
    public static IReadOnlyList<int> Exact(int iterations) => [.. Parts().Select(p => (int)Math.Ceiling(p * iterations))];

    /// <summary>As the Adversarial Robustness Toolbox has them: in binary floating point, which rounds some products up.</summary>
    /// <param name="iterations">T, number of steps.</param>
    public static IReadOnlyList<int> Art(int iterations)
    {
        var parts = new List<double> { 0, 0.22 };
        while (true)
        {
            var next = parts[^1] + Math.Max(parts[^1] - parts[^2] - 0.03, 0.06);
            if (next > 1)
                break;
            parts.Add(next);
        }

        return [.. parts.Select(p => (int)Math.Ceiling(p * iterations))];
    }

    private static List<decimal> Parts()
    {
        var parts = new List<decimal> { 0, 0.22m };
        while (parts[^1] + Math.Max(parts[^1] - parts[^2] - 0.03m, 0.06m) is var next and <= 1)
            parts.Add(next);
        return parts;
    }
}
