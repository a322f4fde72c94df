using Iml4e.Assessment.Experiment;
using Iml4e.Catalog;
using Iml4e.Functions.Experiments;

namespace Iml4e.Functions.Monitoring;

/// <summary>
/// Running figures of one model's outcomes, in memory that is bounded whatever their number: newest losses of the newest versions, means of buckets, and the
/// hashes of the newest predictions that have an outcome. Guarded by <see cref="Gate"/>.
/// </summary>
internal sealed class ModelTally(int window)
{
    /// <summary>Window that a tally is made for unless a larger one is asked for.</summary>
    public const int DefaultWindow = 20_000;

    private const int CapReference = 1000;
    private const int MaxVersions = 16;

    // Enough for the repeats and corrections that callers send: they come soon.
    private const int Remembered = 200_000;

    private readonly RecentHashes<Place> _seen = new(Remembered);
    private readonly Dictionary<string, VersionLosses> _versions = new(StringComparer.Ordinal);
    private readonly LossSeries _series = new();
    private readonly List<OutcomePoint> _waiting = [];
    private long _outcomes;

    /// <summary>Largest window, in outcomes, that can be scored.</summary>
    public int Window => window;

    /// <summary>One reader at a time.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    /// <summary>Where the outcome log was read to.</summary>
    public LogCursor OutcomeCursor { get; set; } = LogCursor.Start;

    /// <summary>
    /// Takes in what was read of the log, in order of time: what is older than the limit at once, the rest with what is read next. Each process writes a log of
    /// its own, and windows are windows in time.
    /// </summary>
    /// <param name="points">What was read.</param>
    /// <param name="next">Where the log was read to.</param>
    /// <param name="limit">Before it nothing more will come; null = there is no more at all.</param>
    public void Take(IEnumerable<OutcomePoint> points, LogCursor next, DateTimeOffset? limit)
    {
        _waiting.AddRange(points);
        OutcomeCursor = next;
        if (limit is { } before && !_waiting.Exists(p => p.ReceivedAt < before))
            return;
        _waiting.Sort((a, b) => a.ReceivedAt.CompareTo(b.ReceivedAt));
        var taken = 0;
        for (; taken < _waiting.Count && (limit is null || _waiting[taken].ReceivedAt < limit); taken++)
            Add(_waiting[taken]);
        _waiting.RemoveRange(0, taken);
    }

    /// <summary>Takes an outcome in; of several for a prediction the newest revision counts, in the place of the first.</summary>
    public void Add(in OutcomePoint outcome)
    {
        var isKnown = _seen.TryGet(outcome.Prediction, out var place);
        if (isKnown ? outcome.Revision <= place.Revision : outcome.IsReplacement && _seen.HasForgotten)
            return;
        if (!isKnown)
            _outcomes++;
        if (!double.IsFinite(outcome.Loss) || outcome.Variant == PredictionVariant.Shadow)
            _seen.Set(outcome.Prediction, isKnown ? place with { Revision = outcome.Revision } : new Place(outcome.Revision, null, 0, 0, 0));
        else if (isKnown && place.Losses is { } losses)
            Replace(outcome, place, losses);
        else
            Append(outcome);
    }

    /// <summary>Scores of a version: the mean of each window over the reference, taken every fifth of a window; the oldest are forgotten.</summary>
    /// <param name="version">The version.</param>
    /// <param name="over">Outcomes in a window, at most <see cref="Window"/>.</param>
    /// <param name="reference">What a score is relative to.</param>
    public PerformanceScores Signal(string version, int over, double reference)
    {
        if (!_versions.TryGetValue(version, out var losses))
            return new PerformanceScores(version, []);
        var stride = Math.Max(1, over / 5);
        var scores = new List<PerformanceScore>();

        // The first whose window is still there, of those that lie so many strides after the first of all.
        var skipped = Math.Max(0, (losses.First + stride - 1) / stride);
        for (var n = over + (skipped * stride); n <= losses.Count; n += stride)
            scores.Add(new PerformanceScore(n, losses.Mean(n - over, n) / reference));
        return new PerformanceScores(version, scores);
    }

    /// <summary>Caps of a metric from the champion's newest outcomes, so that a champion gone bad is not flattered; only the logged loss can be capped.</summary>
    public WinsorCaps? Caps(string champion, PrimaryMetric metric)
    {
        if (metric.Type != OutcomeType.Continuous || metric.Name != "absError" || !_versions.TryGetValue(champion, out var losses))
            return null;
        return WinsorCaps.Of(losses.Newest(CapReference), metric.Winsorize);
    }

    /// <summary>The error over time.</summary>
    public ErrorSeries Series() => new(_series.Points, _series.Recent, _outcomes);

    private void Append(in OutcomePoint outcome)
    {
        if (!_versions.TryGetValue(outcome.Version, out var losses))
        {
            if (_versions.Count >= MaxVersions)
                _versions.Remove(_versions.MinBy(v => v.Value.NewestAt).Key);
            _versions[outcome.Version] = losses = new VersionLosses(3 * Math.Max(window, CapReference));
        }

        _seen.Set(outcome.Prediction, new Place(outcome.Revision, losses, losses.Count, _series.Count, outcome.Loss));
        losses.Add(outcome.Loss, outcome.ReceivedAt);
        _series.Add(outcome.Loss, outcome.PredictedAt);
    }

    private void Replace(in OutcomePoint outcome, Place place, VersionLosses losses)
    {
        losses.Replace(place.InVersion, outcome.Loss);
        _series.Replace(place.InSeries, place.Loss, outcome.Loss);
        _seen.Set(outcome.Prediction, place with { Revision = outcome.Revision, Loss = outcome.Loss });
    }

    /// <summary>Where the outcome of a prediction is; without losses it counts nowhere.</summary>
    private readonly record struct Place(int Revision, VersionLosses? Losses, long InVersion, long InSeries, double Loss);
}
