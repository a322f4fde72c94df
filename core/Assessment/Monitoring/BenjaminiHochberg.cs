namespace Iml4e.Assessment.Monitoring;

/// <summary>The false discovery rate of many tests at once (Benjamini and Hochberg 1995).</summary>
public static class BenjaminiHochberg
{
    /// <summary>Adjusted p-values in the order given: a test is rejected at rate q when its own is at most q.</summary>
    public static double[] Adjust(IReadOnlyList<double> pValues)
    {
        ArgumentNullException.ThrowIfNull(pValues);
        var order = Enumerable.Range(0, pValues.Count).OrderByDescending(i => pValues[i]).ToArray();
        var adjusted = new double[pValues.Count];
        var least = 1.0;
        for (var k = 0; k < order.Length; k++)
        {
            least = Math.Min(least, pValues[order[k]] * order.Length / (order.Length - k));
            adjusted[order[k]] = least;
        }

        return adjusted;
    }
}
