using Microsoft.ML.OnnxRuntime;

namespace Iml4e.Inference;

/// <summary>Ends runs that take too long. One look at all of them four times a second costs a run less than a timer of its own would.</summary>
internal sealed class RunWatch
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private readonly Stack<int> _free = new();
    private Entry[] _entries = new Entry[16];
    private int _used;
    private int _running;
    private bool _looking;

    internal RunWatch(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(_ => LookRound(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The watch of this process.</summary>
    internal static RunWatch Shared { get; } = new(TimeProvider.System);

    /// <summary>Watches a run until the ticket is disposed of.</summary>
    internal Ticket Watch(RunOptions options, TimeSpan limit)
    {
        if (limit == Timeout.InfiniteTimeSpan)
            return default;
        lock (_gate)
        {
            if (!_free.TryPop(out var slot))
            {
                if (_used == _entries.Length)
                    Array.Resize(ref _entries, 2 * _used);
                slot = _used++;
            }

            _entries[slot] = new Entry(options, _time.GetTimestamp(), limit);
            _running++;
            if (!_looking)
                _looking = _timer.Change(Look, Look);
            return new Ticket(this, slot);
        }
    }

    private void Forget(int slot)
    {
        lock (_gate)
        {
            _entries[slot] = default;
            _free.Push(slot);
            _running--;
        }
    }

    private void LookRound()
    {
        lock (_gate)
        {
            if (_running == 0)
            {
                _looking = !_timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                return;
            }

            // Under the lock: whoever has left the watch cannot be ended by it any more.
            for (var i = 0; i < _used; i++)
            {
                if (_entries[i].Options is { } options && _time.GetElapsedTime(_entries[i].Started) > _entries[i].Limit)
                    options.Terminate = true;
            }
        }
    }

    /// <summary>A run under watch.</summary>
    internal readonly struct Ticket(RunWatch? watch, int slot) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => watch?.Forget(slot);
    }

    private readonly record struct Entry(RunOptions? Options, long Started, TimeSpan Limit);
}
