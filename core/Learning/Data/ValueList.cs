namespace Iml4e.Learning;

/// <summary>Values as they come, kept in runs, so that a long column is never copied to grow.</summary>
internal sealed class ValueList<T>
{
    private const int RunLength = 1 << 14;
    private readonly List<T[]> runs = [];
    private T[] last = [];
    private int used;

    public void Add(T value)
    {
        if (used == last.Length)
        {
            last = new T[runs.Count == 0 ? 64 : Math.Min(RunLength, last.Length * 4)];
            runs.Add(last);
            used = 0;
        }
        last[used++] = value;
    }

    /// <summary>All values in one array; the list is empty afterwards.</summary>
    public T[] Take()
    {
        var all = new T[runs.Count == 0 ? 0 : runs.Sum(r => r.Length) - last.Length + used];
        var at = 0;
        foreach (var run in runs)
        {
            var count = Math.Min(run.Length, all.Length - at);
            run.AsSpan(0, count).CopyTo(all.AsSpan(at));
            at += count;
        }
        runs.Clear();
        (last, used) = ([], 0);
        return all;
    }
}
