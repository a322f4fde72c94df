namespace Iml4e.Functions.Monitoring;

/// <summary>Losses over time for the dashboard: means of buckets, which are halved in number instead of dropping the past, and the mean of the newest.</summary>
internal sealed class LossSeries
{
    private const int FirstBucketSize = 50;
    private const int MaxPoints = 600;
    private const int RecentLosses = 500;

    private readonly List<ErrorPoint> _points = [];
    private readonly double[] _recent = new double[RecentLosses];
    private double _bucketSum;
    private int _bucketSize = FirstBucketSize;

    /// <summary>Losses there were.</summary>
    public long Count { get; private set; }

    /// <summary>The buckets that are full.</summary>
    public IReadOnlyList<ErrorPoint> Points => [.. _points];

    /// <summary>Mean of the newest losses; null when there is none.</summary>
    public double? Recent => Count == 0 ? null : _recent.Take((int)Math.Min(Count, RecentLosses)).Average();

    /// <summary>Adds a loss; it has the place that <see cref="Count"/> was before.</summary>
    public void Add(double loss, DateTimeOffset at)
    {
        _recent[Count++ % RecentLosses] = loss;
        _bucketSum += loss;
        if (Count % _bucketSize != 0)
            return;
        _points.Add(new ErrorPoint(at, _bucketSum / _bucketSize));
        _bucketSum = 0;
        if (_points.Count < MaxPoints)
            return;
        for (var i = 0; i < MaxPoints / 2; i++)
            _points[i] = new ErrorPoint(_points[(2 * i) + 1].At, (_points[2 * i].Loss + _points[(2 * i) + 1].Loss) / 2);
        _points.RemoveRange(MaxPoints / 2, MaxPoints / 2);
        _bucketSize *= 2;
    }

    /// <summary>Puts another loss in a place.</summary>
    public void Replace(long place, double before, double loss)
    {
        if (place >= Count - RecentLosses)
            _recent[place % RecentLosses] = loss;
        var bucket = (int)(place / _bucketSize);
        if (bucket < _points.Count)
            _points[bucket] = _points[bucket] with { Loss = _points[bucket].Loss + ((loss - before) / _bucketSize) };
        else
            _bucketSum += loss - before;
    }
}
