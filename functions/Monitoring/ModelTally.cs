using Iml4e.Assessment.Experiment;
using Iml4e.Catalog;
using Iml4e.Functions.Experiments;

namespace Iml4e.Functions.Monitoring;

/// <summary>Running figures of one model. Guarded by <see cref="Gate"/>.</summary>
internal sealed class ModelTally
{
    private const int BucketSize = 50;
    private const int MaxPoints = 600;
    private const int CapReference = 1000;

    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly Dictionary<string, VersionLosses> _versions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ExperimentTally> _experiments = new(StringComparer.Ordinal);
    private readonly List<ErrorPoint> _points = [];
    private readonly Queue<double> _recent = new();
    private double _bucketSum;
    private int _bucketCount;
    private int _bucketSize = BucketSize;
    private double _recentSum;

    /// <summary>One reader at a time.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    /// <summary>Where the prediction log was read to.</summary>
    public LogCursor PredictionCursor { get; set; } = LogCursor.Start;

    /// <summary>Where the outcome log was read to.</summary>
    public LogCursor OutcomeCursor { get; set; } = LogCursor.Start;

    /// <summary>The tally of an experiment.</summary>
    public ExperimentTally Experiment(string id) =>
        _experiments.TryGetValue(id, out var tally) ? tally : _experiments[id] = new ExperimentTally();

    /// <summary>Takes a prediction in.</summary>
    public void Add(PredictionRecord record)
    {
        if (record.Experiment is { } id)
            Experiment(id).Add(record);
    }

    /// <summary>Takes an outcome in; the first for a prediction counts.</summary>
    public void Add(OutcomeRecord outcome)
    {
        if (!_seen.Add(outcome.PredictionId) || !double.IsFinite(outcome.Loss))
            return;
        if (outcome.Experiment is { } id)
            Experiment(id).Add(outcome);
        if (outcome.Variant == PredictionVariant.Shadow)
            return;
        if (!_versions.TryGetValue(outcome.Version, out var losses))
            _versions[outcome.Version] = losses = new VersionLosses();
        losses.Add(outcome.Loss);
        AddPoint(outcome);
    }

    /// <summary>Scores of a version: the mean of each window over the reference, taken every fifth of a window.</summary>
    public PerformanceScores Signal(string version, int window, double reference)
    {
        if (!_versions.TryGetValue(version, out var losses))
            return new PerformanceScores(version, []);
        var stride = Math.Max(1, window / 5);
        var scores = new List<PerformanceScore>();
        for (long n = window; n <= losses.Count; n += stride)
            scores.Add(new PerformanceScore(n, losses.Mean(n - window, n) / reference));
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
    public ErrorSeries Series() => new([.. _points], _recent.Count == 0 ? null : _recentSum / _recent.Count, _seen.Count);

    private void AddPoint(OutcomeRecord outcome)
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

    /// <summary>Losses of one version in log order, with prefix sums so that any window's mean is one subtraction.</summary>
    private sealed class VersionLosses
    {
        private readonly List<double> _sums = [0];

        public long Count => _sums.Count - 1;

        public void Add(double loss) => _sums.Add(_sums[^1] + loss);

        public double Mean(long from, long to) => (_sums[(int)to] - _sums[(int)from]) / (to - from);

        public IEnumerable<double> Newest(int count)
        {
            for (var i = Math.Max(1, _sums.Count - count); i < _sums.Count; i++)
                yield return _sums[i] - _sums[i - 1];
        }
    }
}
