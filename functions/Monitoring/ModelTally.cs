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

    private const int BucketSize = 50;
    private const int MaxPoints = 600;
    private const int CapReference = 1000;
    private const int MaxVersions = 16;

    private readonly RecentHashes _seen = new(RecentHashes.DefaultCapacity);
    private readonly Dictionary<string, VersionLosses> _versions = new(StringComparer.Ordinal);
    private readonly List<ErrorPoint> _points = [];
    private readonly Queue<double> _recent = new();
    private readonly List<OutcomePoint> _waiting = [];
    private double _bucketSum;
    private int _bucketCount;
    private int _bucketSize = BucketSize;
    private double _recentSum;
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

    /// <summary>Takes an outcome in; the first for a prediction counts.</summary>
    public void Add(in OutcomePoint outcome)
    {
        if (!_seen.Add(outcome.Prediction))
            return;
        _outcomes++;
        if (!double.IsFinite(outcome.Loss) || outcome.Variant == PredictionVariant.Shadow)
            return;
        if (!_versions.TryGetValue(outcome.Version, out var losses))
        {
            if (_versions.Count >= MaxVersions)
                _versions.Remove(_versions.MinBy(v => v.Value.NewestAt).Key);
            _versions[outcome.Version] = losses = new VersionLosses(3 * Math.Max(window, CapReference));
        }

        losses.Add(outcome.Loss, outcome.ReceivedAt);
        AddPoint(outcome);
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
    public ErrorSeries Series() => new([.. _points], _recent.Count == 0 ? null : _recentSum / _recent.Count, _outcomes);

    private void AddPoint(in OutcomePoint outcome)
    {
        _recent.Enqueue(outcome.Loss);
        _recentSum += outcome.Loss;
        if (_recent.Count > 500)
            _recentSum -= _recent.Dequeue();
        _bucketSum += outcome.Loss;
        if (++_bucketCount < _bucketSize)
            return;
        _points.Add(new ErrorPoint(outcome.PredictedAt, _bucketSum / _bucketCount));
        _bucketSum = 0;
        _bucketCount = 0;
        if (_points.Count <= MaxPoints)
            return;
        // Halve the resolution instead of dropping the past.
        var halved = new List<ErrorPoint>(MaxPoints / 2);
        for (var i = 0; i + 1 < _points.Count; i += 2)
            halved.Add(new ErrorPoint(_points[i + 1].At, (_points[i].Loss + _points[i + 1].Loss) / 2));
        _points.Clear();
        _points.AddRange(halved);
        _bucketSize *= 2;
    }

    /// <summary>
    /// The newest losses of one version in log order, as sums from the very first on, so that any window's mean is one subtraction, and the same whether or
    /// not older ones are forgotten.
    /// </summary>
    private sealed class VersionLosses(int kept)
    {
        private readonly List<double> _sums = [0];

        /// <summary>Losses there were.</summary>
        public long Count => First + _sums.Count - 1;

        /// <summary>Losses that are forgotten.</summary>
        public long First { get; private set; }

        public DateTimeOffset NewestAt { get; private set; }

        public void Add(double loss, DateTimeOffset at)
        {
            NewestAt = at;
            _sums.Add(_sums[^1] + loss);
            if (_sums.Count <= 2 * kept)
                return;
            var gone = _sums.Count - kept;
            _sums.RemoveRange(0, gone);
            First += gone;
        }

        public double Mean(long from, long to) => (_sums[(int)(to - First)] - _sums[(int)(from - First)]) / (to - from);

        public IEnumerable<double> Newest(int count)
        {
            for (var i = Math.Max(1, _sums.Count - count); i < _sums.Count; i++)
                yield return _sums[i] - _sums[i - 1];
        }
    }
}
