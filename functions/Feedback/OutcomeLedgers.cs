using Iml4e.Catalog;

namespace Iml4e.Functions.Feedback;

/// <summary>The ledgers of the models that have had feedback lately; those that nobody uses are forgotten after a while, or when all together are too large.</summary>
internal sealed class OutcomeLedgers(CatalogStore catalog, TimeProvider time) : IDisposable
{
    private const long MostOutcomes = 2_000_000;
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(30);

    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Lock _guard = new();

    /// <summary>Takes outcomes of one model: <see cref="OutcomeLedger.TakeAsync"/>.</summary>
    public async Task<IReadOnlyList<(OutcomeVerdict Verdict, int? Known)>> TakeAsync(
        string model, IReadOnlyList<OutcomeRecord> records, CancellationToken cancellationToken)
    {
        var entry = Enter(model);
        try
        {
            return await entry.Ledger.TakeAsync(records, cancellationToken);
        }
        finally
        {
            Leave(entry);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_guard)
        {
            foreach (var entry in _entries.Values)
                entry.Ledger.Dispose();
            _entries.Clear();
        }
    }

    private Entry Enter(string model)
    {
        lock (_guard)
        {
            if (!_entries.TryGetValue(model, out var entry))
                _entries.Add(model, entry = new Entry(new OutcomeLedger(catalog.Outcomes, model, OutcomeLedger.DefaultCapacity)));
            entry.Users++;
            return entry;
        }
    }

    private void Leave(Entry entry)
    {
        lock (_guard)
        {
            entry.Users--;
            entry.UsedAt = time.GetTimestamp();
            var outcomes = _entries.Values.Sum(e => (long)e.Ledger.Count);
            foreach (var (model, idle) in _entries.Where(e => e.Value.Users == 0).OrderBy(e => e.Value.UsedAt).ToList())
            {
                if (outcomes <= MostOutcomes && time.GetElapsedTime(idle.UsedAt) <= Forgotten)
                    break;
                outcomes -= idle.Ledger.Count;
                _entries.Remove(model);
                idle.Ledger.Dispose();
            }
        }
    }

    private sealed class Entry(OutcomeLedger ledger)
    {
        public OutcomeLedger Ledger => ledger;

        public int Users { get; set; }

        public long UsedAt { get; set; }
    }
}
