using System.Text.Json;
using Iml4e.Assessment.Adversarial.Configuration;
using Iml4e.Assessment.Validation;

namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>
/// Keeps the models of the jobs under way: writing a gradient graph takes longer than many a batch. A few that nobody uses are kept for the next batch, the
/// rest is given back.
/// </summary>
internal sealed class AttackedModels : IDisposable
{
    private const int Idle = 3;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private long _clock;

    /// <summary>Lends a model.</summary>
    /// <param name="digest">Digest of the ONNX file.</param>
    /// <param name="reference">How it is run.</param>
    /// <param name="rows">Rows of a run.</param>
    /// <param name="load">Loads it.</param>
    internal Loan Lend(string digest, ModelReference reference, int rows, Func<AttackedModel> load)
    {
        var key = $"{digest}|{rows}|{JsonSerializer.Serialize(reference, DocumentJson.Options)}";
        Entry entry;
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out entry!))
                _entries.Add(key, entry = new Entry(new Lazy<AttackedModel>(load)));
            entry.Users++;
            entry.Used = ++_clock;
        }

        try
        {
            return new Loan(entry.Model.Value, () => GiveBack(key, entry));
        }
        catch
        {
            // What failed to load is tried again by the next.
            lock (_lock)
            {
                entry.Users--;
                _entries.Remove(key);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var entry in _entries.Values.Where(e => e.Users == 0 && e.Model.IsValueCreated))
                entry.Model.Value.Dispose();
            _entries.Clear();
        }
    }

    private void GiveBack(string key, Entry entry)
    {
        var old = new List<AttackedModel>();
        lock (_lock)
        {
            entry.Users--;
            if (!_entries.TryGetValue(key, out var kept) || kept != entry)
            {
                if (entry.Users == 0)
                    old.Add(entry.Model.Value);
            }

            foreach (var (name, idle) in _entries.Where(e => e.Value.Users == 0).OrderByDescending(e => e.Value.Used).Skip(Idle).ToList())
            {
                _entries.Remove(name);
                old.Add(idle.Model.Value);
            }
        }

        foreach (var model in old)
            model.Dispose();
    }

    /// <summary>A lent model; dispose of it to give it back.</summary>
    internal sealed class Loan(AttackedModel model, Action giveBack) : IDisposable
    {
        private Action? _giveBack = giveBack;

        internal AttackedModel Model { get; } = model;

        public void Dispose() => Interlocked.Exchange(ref _giveBack, null)?.Invoke();
    }

    private sealed class Entry(Lazy<AttackedModel> model)
    {
        internal Lazy<AttackedModel> Model { get; } = model;

        internal int Users { get; set; }

        internal long Used { get; set; }
    }
}
