namespace Iml4e.Functions.Monitoring;

/// <summary>
/// The newest losses of one version in log order, as sums from the very first on, so that any window's mean is one subtraction, and the same whether or
/// not older ones are forgotten.
/// </summary>
/// <param name="kept">Losses that are kept at least.</param>
internal sealed class VersionLosses(int kept)
{
    private readonly List<double> _sums = [0];
    private readonly List<double> _losses = [];

    /// <summary>Losses there were.</summary>
    public long Count => First + _losses.Count;

    /// <summary>Losses that are forgotten.</summary>
    public long First { get; private set; }

    /// <summary>When the newest came.</summary>
    public DateTimeOffset NewestAt { get; private set; }

    /// <summary>Adds a loss; it has the place that <see cref="Count"/> was before.</summary>
    public void Add(double loss, DateTimeOffset at)
    {
        NewestAt = at;
        _losses.Add(loss);
        _sums.Add(_sums[^1] + loss);
        if (_sums.Count <= 2 * kept)
            return;
        var gone = _sums.Count - kept;
        _sums.RemoveRange(0, gone);
        _losses.RemoveRange(0, gone);
        First += gone;
    }

    /// <summary>Puts another loss in a place, as if it had come there; nothing when the place is forgotten.</summary>
    public void Replace(long place, double loss)
    {
        if (place < First)
            return;
        var from = (int)(place - First);
        _losses[from] = loss;
        for (var i = from; i < _losses.Count; i++)
            _sums[i + 1] = _sums[i] + _losses[i];
    }

    /// <summary>Mean of the losses from a place to before another.</summary>
    public double Mean(long from, long to) => (_sums[(int)(to - First)] - _sums[(int)(from - First)]) / (to - from);

    /// <summary>The newest losses, at most so many.</summary>
    public IEnumerable<double> Newest(int count) => _losses.Skip(_losses.Count - count);
}
