using Iml4e.Catalog;

namespace Iml4e.Functions.Audit;

/// <summary>
/// Audit logs read for people: newest first, a page at a time, and the looks of experiments. Keeps what it has read of the models asked for last.
/// </summary>
internal sealed class AuditReadings(CatalogStore catalog)
{
    private const int MaxModels = 16;
    private const int Window = 2000;
    private const int MaxWindows = 5;

    private readonly Lock _guard = new();
    private readonly LinkedList<(string Model, AuditReading Reading)> _recent = new();

    /// <summary>What is known of a model's log, everything new included.</summary>
    public Task<T> LookAsync<T>(string model, Func<AuditView, T> look, CancellationToken cancellationToken) => Find(model).LookAsync(look, cancellationToken);

    /// <summary>The looks of an experiment from an audit number on, at most so many; those of an old one are read from the log.</summary>
    public async Task<(IReadOnlyList<LookFigures> Looks, long Total)> LooksAsync(
        string model, string experiment, long from, int most, CancellationToken cancellationToken)
    {
        var known = await LookAsync(model, v => v.Looks.TryGetValue(experiment, out var s) ? (s.Thin(from, most), s.Total) : default, cancellationToken);
        if (known.Item1 is not null)
            return known;
        var series = new LookSeries();
        await foreach (var entry in catalog.Audit.ReadAsync(model, 1, cancellationToken))
        {
            if (entry.Event == "Look" && LookFigures.ExperimentOf(entry) == experiment && LookFigures.Of(entry) is { } figures)
                series.Add(figures);
        }

        return (series.Thin(from, most), series.Total);
    }

    /// <summary>
    /// A page, newest first, of the entries before a number that are wanted; <c>Next</c> is where the next begins, null at the start of the log.
    /// </summary>
    public async Task<AuditPage> BeforeAsync(
        string model, long before, int limit, Func<AuditEntry, bool> wanted, bool looks, CancellationToken cancellationToken)
    {
        var view = await LookAsync(model, v => v, cancellationToken);
        var end = Math.Min(before, view.Head + 1);
        var found = new List<AuditEntry>();
        if (!looks)
        {
            foreach (var entry in view.Decisions.Reverse().Where(e => e.Seq < end && wanted(e)))
            {
                found.Add(entry);
                if (found.Count == limit)
                    return new AuditPage(found, entry.Seq > 1 ? entry.Seq : null, view.Head, view.Unreadable);
            }

            end = Math.Min(end, view.CompleteFrom);
        }

        for (var i = 0; i < MaxWindows && end > 1; i++)
        {
            var start = Math.Max(1, end - Window);
            var window = new List<AuditEntry>();
            await foreach (var entry in catalog.Audit.ReadAsync(model, start, cancellationToken))
            {
                if (entry.Seq >= end)
                    break;
                if (wanted(entry))
                    window.Add(entry);
            }

            foreach (var entry in Enumerable.Reverse(window))
            {
                found.Add(entry);
                if (found.Count == limit)
                    return new AuditPage(found, entry.Seq > 1 ? entry.Seq : null, view.Head, view.Unreadable);
            }

            end = start;
        }

        return new AuditPage(found, end > 1 ? end : null, view.Head, view.Unreadable);
    }

    private AuditReading Find(string model)
    {
        ResourceName.Check(model);
        lock (_guard)
        {
            for (var node = _recent.First; node is not null; node = node.Next)
            {
                if (node.Value.Model != model)
                    continue;
                _recent.Remove(node);
                _recent.AddFirst(node);
                return node.Value.Reading;
            }

            // One that is pushed out may still be read by somebody; it is left to the collector.
            if (_recent.Count == MaxModels)
                _recent.RemoveLast();
            return _recent.AddFirst((model, new AuditReading(catalog, model))).Value.Reading;
        }
    }
}

/// <summary>A page of an audit log, newest first.</summary>
/// <param name="Entries">The entries; may be fewer than asked for although there is a next page.</param>
/// <param name="Next">Give it as <c>before</c> to get the next page; null at the start of the log.</param>
/// <param name="Head">Number of the newest entry of all.</param>
/// <param name="Unreadable">The first entry that cannot be read; null when all can.</param>
internal sealed record AuditPage(IReadOnlyList<AuditEntry> Entries, long? Next, long Head, long? Unreadable);
