namespace Iml4e.Inference.Batching;

/// <summary>
/// Runs the requests of one model, as many at a time as it has instances; the others wait, and those of equal shape are run together (inference-scaling.md,
/// section 7). Without batching and with an instance at rest a request is run at once, by its own thread.
/// </summary>
/// <typeparam name="TRequest">A request.</typeparam>
/// <typeparam name="TResult">A request's own result; disposed of when it is <see cref="IDisposable"/> and nobody waits for it any more.</typeparam>
public sealed class DynamicBatcher<TRequest, TResult>
    where TRequest : IBatchable
{
    private readonly BatchingSettings _settings;
    private readonly Func<IReadOnlyList<TRequest>, CancellationToken, ValueTask<IReadOnlyList<TResult>>> _execute;
    private readonly TimeProvider _time;
    private readonly Action<Action> _start;
    private readonly Lock _gate = new();
    private readonly BatchQueue<TRequest, TResult> _queue;
    private readonly ITimer _timer;
    private long _arrivals;
    private int _running;
    private Task _lastTold = Task.CompletedTask;

    // Means over about the last 16 runs, for the estimate of a wait.
    private double _runSeconds;
    private double _requestsPerRun = 1;

    /// <summary>A batcher at rest.</summary>
    /// <param name="settings">When to run what together.</param>
    /// <param name="execute">Runs requests of equal shape; gives one result for each, in their order.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">The settings are out of their ranges.</exception>
    public DynamicBatcher(
        BatchingSettings settings, Func<IReadOnlyList<TRequest>, CancellationToken, ValueTask<IReadOnlyList<TResult>>> execute, TimeProvider time)
        : this(settings, execute, time, static run => ThreadPool.UnsafeQueueUserWorkItem(static state => state(), run, preferLocal: false))
    {
    }

    internal DynamicBatcher(
        BatchingSettings settings,
        Func<IReadOnlyList<TRequest>, CancellationToken, ValueTask<IReadOnlyList<TResult>>> execute,
        TimeProvider time,
        Action<Action> start)
    {
        if (settings.Fault() is { } fault)
            throw new ArgumentException(fault, nameof(settings));
        (_settings, _execute, _time, _start) = (settings, execute, time, start);
        _queue = new BatchQueue<TRequest, TResult>(settings, Timestamps(settings.MaxQueueDelay), settings.QueueTimeout is { } timeout ? Timestamps(timeout) : null);
        _timer = time.CreateTimer(static state => ((DynamicBatcher<TRequest, TResult>)state!).Dispatch(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Requests that wait now.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _queue.Count;
        }
    }

    /// <summary>Runs under way now.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Runs a request, perhaps after a wait and together with others.</summary>
    /// <param name="request">The request; its memory must be left alone until its run has ended, even when the caller has left before.</param>
    /// <param name="mayLeave">Whether the caller leaves as soon as the token is cancelled, rather than when the run has ended; costs a change of threads.</param>
    /// <param name="ct">Takes the request out of the queue, or ends its run when nobody else takes part in it.</param>
    /// <exception cref="OverloadedException">Too many wait, or the request has waited for longer than the settings allow.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<Batched<TResult>> RunAsync(TRequest request, bool mayLeave, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        BatchEntry<TRequest, TResult> entry;
        lock (_gate)
        {
            if (!mayLeave && _running < _settings.Instances && _queue.Count == 0 && NeedsNoCompany(request) && !_settings.PreserveOrdering)
            {
                _running++;
                entry = null!;
            }
            else
            {
                if (_queue.Count >= _settings.MaxQueueSize)
                    throw new OverloadedException($"{_queue.Count} requests wait for this model already", EstimateWait());
                entry = new BatchEntry<TRequest, TResult>(request, _time.GetTimestamp(), ++_arrivals, ct);
                _queue.Add(entry);
            }
        }

        if (entry is null)
            return RunNowAsync(request, ct);
        Dispatch();
        return WaitAsync(entry, ct);
    }

    private bool NeedsNoCompany(TRequest request) =>
        _settings.MaxQueueDelay == TimeSpan.Zero || request.Samples >= _settings.MaxBatchSize || _settings.PreferredBatchSizes.Contains(request.Samples);

    private async ValueTask<Batched<TResult>> RunNowAsync(TRequest request, CancellationToken ct)
    {
        var started = _time.GetTimestamp();
        try
        {
            var results = await _execute([request], ct).ConfigureAwait(false);
            return new Batched<TResult>(results[0], TimeSpan.Zero, _time.GetElapsedTime(started), request.Samples);
        }
        finally
        {
            EndRun(1, started);
        }
    }

    private async ValueTask<Batched<TResult>> WaitAsync(BatchEntry<TRequest, TResult> entry, CancellationToken ct)
    {
        await using (ct.UnsafeRegister(state => Leave((BatchEntry<TRequest, TResult>)state!), entry).ConfigureAwait(false))
            return await entry.Done.ConfigureAwait(false);
    }

    private void Leave(BatchEntry<TRequest, TResult> entry)
    {
        BatchRun<TRequest, TResult>? run;
        lock (_gate)
        {
            _queue.Remove(entry);
            run = entry.Run;
        }

        if (entry.Cancel())
            run?.Leave();
    }

    /// <summary>Begins whatever is due, and sets the clock for what is not.</summary>
    private void Dispatch()
    {
        List<BatchRun<TRequest, TResult>>? runs = null;
        IReadOnlyList<BatchEntry<TRequest, TResult>> expired;
        var wait = TimeSpan.Zero;
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            expired = _queue.TakeExpired(now);
            while (_running < _settings.Instances && _queue.Take(now) is { } batch)
            {
                // The token may be ahead of its callback.
                foreach (var gone in batch.Where(entry => entry.CancellationToken.IsCancellationRequested).ToArray())
                {
                    batch.Remove(gone);
                    gone.Cancel();
                }

                if (batch.Count == 0)
                    continue;
                _running++;
                var run = new BatchRun<TRequest, TResult>(batch, now, _lastTold);
                if (_settings.PreserveOrdering)
                    _lastTold = run.Told;
                foreach (var entry in batch)
                    entry.Run = run;
                (runs ??= []).Add(run);
            }

            if (_queue.NextDue(_running >= _settings.Instances) is { } due)
                _timer.Change(Span(Math.Max(0, due - now)), Timeout.InfiniteTimeSpan);
            if (expired.Count > 0)
                wait = EstimateWait();
        }

        foreach (var entry in expired)
            entry.Fail(new OverloadedException("the request has waited for longer than this model's queue allows", wait));
        foreach (var run in runs ?? [])
            _start(() => _ = RunAsync(run));
    }

    private async Task RunAsync(BatchRun<TRequest, TResult> run)
    {
        using (run)
        {
            IReadOnlyList<TResult>? results = null;
            Exception? error = null;
            try
            {
                results = await _execute(run.Entries.Select(entry => entry.Request).ToArray(), run.CancellationToken).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                error = e;
            }

            var samples = run.Samples;
            IReadOnlyList<Outcome> outcomes = results is null
                ? await RetryAsync(run, error!).ConfigureAwait(false)
                : [.. results.Select(result => new Outcome(result, samples, null))];
            var ran = _time.GetElapsedTime(run.Started);
            EndRun(run.Entries.Count, run.Started);
            await run.Before.ConfigureAwait(false);
            for (var i = 0; i < outcomes.Count; i++)
            {
                var (entry, outcome) = (run.Entries[i], outcomes[i]);
                if (outcome.Error is { } failure)
                    entry.Fail(failure);
                else
                    entry.Complete(new Batched<TResult>(outcome.Value!, _time.GetElapsedTime(entry.Enqueued, run.Started), ran, outcome.Samples));
            }

            run.SetTold();
        }
    }

    /// <summary>After a failure each request is run once by itself, so that only the one that is to blame fails.</summary>
    private async Task<List<Outcome>> RetryAsync(BatchRun<TRequest, TResult> run, Exception error)
    {
        var outcomes = new List<Outcome>(run.Entries.Count);
        foreach (var entry in run.Entries)
        {
            if (run.Entries.Count == 1 || entry.CancellationToken.IsCancellationRequested)
            {
                outcomes.Add(new Outcome(default, 0, error));
                continue;
            }

            try
            {
                var results = await _execute([entry.Request], entry.CancellationToken).ConfigureAwait(false);
                outcomes.Add(new Outcome(results[0], entry.Request.Samples, null));
            }
            catch (Exception e)
            {
                outcomes.Add(new Outcome(default, 0, e));
            }
        }

        return outcomes;
    }

    private void EndRun(int requests, long started)
    {
        bool waiting;
        lock (_gate)
        {
            _running--;
            _runSeconds += (_time.GetElapsedTime(started).TotalSeconds - _runSeconds) / 16;
            _requestsPerRun += (requests - _requestsPerRun) / 16;
            waiting = _queue.Count > 0;
        }

        if (waiting)
            Dispatch();
    }

    private TimeSpan EstimateWait() =>
        TimeSpan.FromSeconds(Math.Min(3600, (_queue.Count / _requestsPerRun + 1) * _runSeconds / _settings.Instances));

    private long Timestamps(TimeSpan span) => (long)((Int128)span.Ticks * _time.TimestampFrequency / TimeSpan.TicksPerSecond);

    // Rounded up: a timer that fires a moment too early would have to be set again; and the system's count whole milliseconds.
    private TimeSpan Span(long timestamps)
    {
        var span = TimeSpan.FromTicks((long)(((Int128)timestamps * TimeSpan.TicksPerSecond + _time.TimestampFrequency - 1) / _time.TimestampFrequency));
        return _time == TimeProvider.System ? TimeSpan.FromMilliseconds(Math.Ceiling(span.TotalMilliseconds)) : span;
    }

    private readonly record struct Outcome(TResult? Value, int Samples, Exception? Error);
}
