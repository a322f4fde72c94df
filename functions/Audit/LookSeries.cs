namespace Iml4e.Functions.Audit;

/// <summary>The looks of an experiment, all of them up to a bound and from there on evenly fewer; the newest is always there.</summary>
internal sealed class LookSeries
{
    private const int MaxKept = 4096;

    private readonly List<LookFigures> _kept = [];
    private long _stride = 1;
    private LookFigures? _newest;

    /// <summary>How many looks there were.</summary>
    public long Total { get; private set; }

    /// <summary>Adds the next look.</summary>
    public void Add(LookFigures look)
    {
        if (Total++ % _stride == 0)
            _kept.Add(look);
        _newest = look;
        if (_kept.Count <= MaxKept)
            return;
        var half = _kept.Where((_, i) => i % 2 == 0).ToList();
        _kept.Clear();
        _kept.AddRange(half);
        _stride *= 2;
    }

    /// <summary>At most so many looks from an audit number on, evenly chosen, the first and the last among them.</summary>
    public IReadOnlyList<LookFigures> Thin(long from, int most)
    {
        var all = _kept.Where(l => l.Seq >= from).ToList();
        if (_newest is { } newest && newest.Seq >= from && (all.Count == 0 || all[^1].Seq != newest.Seq))
            all.Add(newest);
        if (all.Count <= most)
            return all;
        return most == 1 ? [all[^1]] : [.. Enumerable.Range(0, most).Select(i => all[(int)((long)i * (all.Count - 1) / (most - 1))])];
    }
}
