namespace Iml4e.Functions.Monitoring;

/// <summary>One score of the performance signal: how many outcomes of the version had come, and the score over the newest window of them.</summary>
internal readonly record struct PerformanceScore(long Outcomes, double Value);

/// <summary>The performance signal of a champion version so far.</summary>
internal sealed record PerformanceScores(string Version, IReadOnlyList<PerformanceScore> Scores)
{
    /// <summary>Scores taken after the given number of outcomes.</summary>
    public IEnumerable<PerformanceScore> ScoresAfter(long outcomes) => Scores.Where(s => s.Outcomes > outcomes);
}
