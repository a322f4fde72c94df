namespace Iml4e.Benchmarks.Trials;

/// <summary>Where a trial plays: a stream of requests, the version that serves, and versions that are better or worse.</summary>
/// <param name="Name">Short name, also of the models.</param>
/// <param name="Metric">Of the experiment: absError or zeroOne.</param>
/// <param name="Requests">The stream.</param>
/// <param name="Champion">Serves.</param>
/// <param name="Better">Is better.</param>
/// <param name="Worse">Is worse.</param>
internal sealed record TrialScene(
    string Name, string Metric, IReadOnlyList<TrialRequest> Requests, TrialModel Champion, TrialModel Better, TrialModel Worse)
{
    /// <summary>Losses above are those that are reported late, where a label's delay depends on the outcome: the champion's median.</summary>
    public double Bad { get; } = Median(Requests.Take(2000).Select(r => r.Loss(Champion)));

    /// <summary>Whether the metric is 0 or 1.</summary>
    public bool IsBinary => Metric == "zeroOne";

    // Of zeros and ones the middle between them.
    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[^1] == 1 && sorted[0] == 0 ? 0.5 : sorted[sorted.Length / 2];
    }
}
