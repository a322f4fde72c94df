using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Probing;

/// <summary>
/// Tries models in processes of their own before this process loads them: ONNX Runtime cannot be told to stop building a session, and a crash in it ends
/// whoever called. What is refused there has cost this process nothing. Processes are kept for a while, so that a trial takes no longer than the session does.
/// </summary>
public sealed class ModelProbe : IAsyncDisposable
{
    private readonly ModelProbeOptions _options;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _turns;
    private readonly Lock _gate = new();
    private readonly Stack<ProbeProcess> _idle = new();
    private readonly ITimer _retirement;
    private readonly AcceptedModels _accepted;
    private int _asking;
    private long _trials;
    private bool _disposed;

    /// <summary>A probe without processes yet.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A limit is not positive.</exception>
    public ModelProbe(ModelProbeOptions options, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaximumProcesses);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaximumMemory);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.Timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaximumRemembered);
        (_options, _time, _turns) = (options, time, new SemaphoreSlim(options.MaximumProcesses));
        _accepted = new AcceptedModels(options.MaximumRemembered);
        _retirement = time.CreateTimer(_ => Retire(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What models are tried with, such as "onnxruntime 1.29.0".</summary>
    public static string Runtime { get; } = "onnxruntime " + Microsoft.ML.OnnxRuntime.OrtEnv.Instance().GetVersionString();

    /// <summary>Models tried so far; a file that has passed before is not tried again while it is remembered.</summary>
    public long Trials => Interlocked.Read(ref _trials);

    /// <summary>Starts a process for the model that is about to arrive, unless one is there.</summary>
    public void Prepare()
    {
        lock (_gate)
        {
            if (_disposed || _idle.Count > 0 || _turns.CurrentCount == 0)
                return;
        }

        try
        {
            GiveBack(ProbeProcess.Start(_options, _time));
        }
        catch (ProbeUnavailableException)
        {
            // Said when the model is there.
        }
    }

    /// <summary>Loads a model and runs it once, elsewhere, unless the same bytes have passed here before.</summary>
    /// <param name="onnx">The ONNX file.</param>
    /// <param name="ct">Gives up; the process is ended.</param>
    /// <returns>What the model takes and gives.</returns>
    /// <exception cref="InvalidModelException">The model is refused, or takes too much time or memory, or crashes.</exception>
    /// <exception cref="ProbeUnavailableException">Too many models wait, or no process can be started.</exception>
    public async Task<ModelMetadata> CheckAsync(ReadOnlyMemory<byte> onnx, CancellationToken ct)
    {
        WireGuard.Check(onnx.Span, _options.Session.Limits);
        var digest = AcceptedModels.Digest(onnx.Span);
        if (_accepted.TryFind(digest, out var known))
            return known;
        if (Interlocked.Increment(ref _asking) > _options.MaximumProcesses + _options.MaximumQueue)
        {
            Interlocked.Decrement(ref _asking);
            throw new ProbeUnavailableException("too many models wait to be tried");
        }

        try
        {
            await _turns.WaitAsync(ct).ConfigureAwait(false);
            try
            {
                // Whoever had the turn before may have brought the same file.
                if (_accepted.TryFind(digest, out known))
                    return known;
                var metadata = await TryAsync(onnx, ct).ConfigureAwait(false);
                _accepted.Add(digest, metadata);
                return metadata;
            }
            finally
            {
                _turns.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _asking);
        }
    }

    /// <summary>Ends all processes.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
            _disposed = true;
        await _retirement.DisposeAsync().ConfigureAwait(false);
        Retire();
    }

    private async Task<ModelMetadata> TryAsync(ReadOnlyMemory<byte> onnx, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            var process = Take(fresh: attempt > 1);
            Interlocked.Increment(ref _trials);
            try
            {
                return await process.TryAsync(onnx, _options, ct).ConfigureAwait(false);
            }
            catch (ProbeUnavailableException) when (attempt < 3)
            {
                // The process had ended while it waited, or was ended from outside: a new one.
            }
            finally
            {
                GiveBack(process);
            }
        }
    }

    private ProbeProcess Take(bool fresh)
    {
        while (!fresh)
        {
            ProbeProcess? process;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                if (!_idle.TryPop(out process))
                    break;
            }

            if (process.IsFit)
                return process;
            process.Dispose();
        }

        return ProbeProcess.Start(_options, _time);
    }

    private void GiveBack(ProbeProcess process)
    {
        if (process.IsFit)
        {
            lock (_gate)
            {
                if (!_disposed && _idle.Count < _options.MaximumProcesses)
                {
                    _idle.Push(process);
                    _retirement.Change(_options.IdleLifetime, Timeout.InfiniteTimeSpan);
                    return;
                }
            }
        }

        process.Dispose();
    }

    private void Retire()
    {
        ProbeProcess[] retired;
        lock (_gate)
        {
            retired = [.. _idle];
            _idle.Clear();
        }

        foreach (var process in retired)
            process.Dispose();
    }
}
