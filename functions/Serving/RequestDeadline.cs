using System.Globalization;
using Iml4e.Inference.OpenInference;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.Serving;

/// <summary>
/// By when a caller wants the answer: header <c>timeout-ms</c> and the request's parameter <c>timeout</c> (microseconds), the smaller of them, counted from
/// the request's arrival. Without either there is no deadline, and nothing is set up for one.
/// </summary>
internal sealed class RequestDeadline : IDisposable
{
    private const double MostMilliseconds = 86_400_000;
    private readonly TimeProvider _time;
    private readonly CancellationToken _caller;
    private CancellationTokenSource? _timeout;
    private CancellationTokenSource? _either;
    private TimeSpan? _after;

    private RequestDeadline(TimeProvider time, CancellationToken caller)
    {
        (_time, _caller) = (time, caller);
        Arrived = time.GetTimestamp();
    }

    /// <summary>Timestamp of the request's arrival.</summary>
    public long Arrived { get; }

    /// <summary>Whether there is a deadline.</summary>
    public bool IsSet => _after is not null;

    /// <summary>Whether it has passed, the caller still waiting.</summary>
    public bool IsExceeded => _timeout is { IsCancellationRequested: true } && !_caller.IsCancellationRequested;

    /// <summary>Cancelled when the deadline passes or the caller goes away.</summary>
    public CancellationToken Token => _either?.Token ?? _caller;

    /// <summary>Time since the request's arrival.</summary>
    public TimeSpan Elapsed => _time.GetElapsedTime(Arrived);

    /// <summary>The deadline of a request as its header says.</summary>
    /// <exception cref="OpenInferenceException">400: the header is no number of milliseconds.</exception>
    public static RequestDeadline Of(HttpRequest http, TimeProvider time, CancellationToken caller)
    {
        var deadline = new RequestDeadline(time, caller);
        if (http.Headers.TryGetValue("timeout-ms", out var text))
        {
            if (!double.TryParse(text.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var milliseconds)
                || milliseconds is not (> 0 and <= MostMilliseconds))
                throw new OpenInferenceException(400, "header timeout-ms must be a number of milliseconds between 0 and 86400000");
            deadline.Tighten(TimeSpan.FromMilliseconds(milliseconds));
        }

        return deadline;
    }

    /// <summary>Takes the request's own deadline into account.</summary>
    /// <exception cref="OpenInferenceException">400: the parameter is no number of microseconds.</exception>
    public void Tighten(InferenceRequest request)
    {
        if (request.Parameters is not { } parameters || !parameters.TryGetValue("timeout", out var value) || value is 0L)
            return;
        if (value is not long microseconds || microseconds is < 0 or > (long)MostMilliseconds * 1000)
            throw new OpenInferenceException(400, "parameter 'timeout' must be an integer of microseconds between 0 (none) and 86400000000");
        Tighten(TimeSpan.FromMicroseconds((double)microseconds));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _either?.Dispose();
        _timeout?.Dispose();
    }

    private void Tighten(TimeSpan after)
    {
        if (after >= _after)
            return;
        _after = after;
        var left = after - Elapsed;
        if (_timeout is null)
        {
            _timeout = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _time);
            _either = CancellationTokenSource.CreateLinkedTokenSource(_caller, _timeout.Token);
        }

        if (left <= TimeSpan.Zero)
            _timeout.Cancel();
        else
            _timeout.CancelAfter(left);
    }
}
