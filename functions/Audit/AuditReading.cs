using Iml4e.Catalog;

namespace Iml4e.Functions.Audit;

/// <summary>One model's audit log as this process has read it: the newest entries that are no looks, and the looks of the newest experiments.</summary>
internal sealed class AuditReading(CatalogStore catalog, string model) : IDisposable
{
    private const int MaxDecisions = 1000;
    private const int MaxExperiments = 4;

    private readonly SemaphoreSlim _once = new(1, 1);
    private readonly Queue<AuditEntry> _decisions = new();
    private readonly List<(string Id, LookSeries Looks)> _experiments = [];
    private AuditBookmark _bookmark;
    private long _completeFrom = 1;

    /// <summary>Reads what is new, then looks.</summary>
    public async Task<T> LookAsync<T>(Func<AuditView, T> look, CancellationToken cancellationToken)
    {
        await _once.WaitAsync(cancellationToken);
        try
        {
            long? unreadable = null;
            try
            {
                await foreach (var (entry, after) in catalog.Audit.ReadOnAsync(model, _bookmark, cancellationToken))
                {
                    _bookmark = after;
                    Take(entry);
                }
            }
            catch (AuditLogDamagedException)
            {
                // What is before the damage can still be shown; that there is some is part of the view.
                unreadable = _bookmark.Seq + 1;
            }

            return look(new AuditView(_bookmark.Seq, _completeFrom, [.. _decisions], _experiments.ToDictionary(e => e.Id, e => e.Looks), unreadable));
        }
        finally
        {
            _once.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _once.Dispose();

    private void Take(AuditEntry entry)
    {
        if (entry.Event != "Look")
        {
            _decisions.Enqueue(entry);
            if (_decisions.Count > MaxDecisions)
                _completeFrom = _decisions.Dequeue().Seq + 1;
            return;
        }

        if (LookFigures.ExperimentOf(entry) is not { } id || LookFigures.Of(entry) is not { } figures)
            return;
        if (_experiments.FindIndex(e => e.Id == id) is var at && at < 0)
        {
            _experiments.Add((id, new LookSeries()));
            if (_experiments.Count > MaxExperiments)
                _experiments.RemoveAt(0);
            at = _experiments.Count - 1;
        }

        _experiments[at].Looks.Add(figures);
    }
}

/// <summary>What is known of a model's audit log.</summary>
/// <param name="Head">Number of the last entry read.</param>
/// <param name="CompleteFrom">From this number on <paramref name="Decisions"/> lacks none.</param>
/// <param name="Decisions">Newest entries that are no looks, oldest first.</param>
/// <param name="Looks">Looks by experiment.</param>
/// <param name="Unreadable">The first entry that cannot be read; null when all can.</param>
internal sealed record AuditView(
    long Head, long CompleteFrom, IReadOnlyList<AuditEntry> Decisions, IReadOnlyDictionary<string, LookSeries> Looks, long? Unreadable);
