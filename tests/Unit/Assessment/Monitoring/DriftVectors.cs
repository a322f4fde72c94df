namespace Iml4e.Tests.Unit.Assessment.Monitoring;

/// <summary>The samples of the specification of monitoring, section 13.</summary>
internal static class DriftVectors
{
    public static double[] R { get; } = Take(1, 500, 1);

    public static double[] C1 { get; } = Take(2, 400, 1.2);

    public static double[] C0 { get; } = Take(3, 400, 1);

    /// <summary>x = (1664525·x + 1013904223) mod 2^32, u = x / 2^32; the first after one step.</summary>
    public static IEnumerable<double> Uniform(uint seed)
    {
        for (var x = seed; ;)
        {
            x = unchecked((1664525 * x) + 1013904223);
            yield return x / 4294967296.0;
        }
    }

    private static double[] Take(uint seed, int count, double power) => [.. Uniform(seed).Take(count).Select(u => Math.Pow(u, power))];
}
