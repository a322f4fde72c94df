namespace Iml4e.LocalRuntime.DurableTask;

/// <summary>
/// Retries with exponential back-off: the delay before attempt k + 2 is min(first × coefficient^k, max), and no attempt is started
/// by a failure that comes after the retry timeout.
/// </summary>
public class RetryPolicy
{
    /// <exception cref="ArgumentOutOfRangeException">
    /// Attempts or first interval not above zero, coefficient below 1, or max interval or timeout below the first interval.
    /// </exception>
    public RetryPolicy(
        int maxNumberOfAttempts,
        TimeSpan firstRetryInterval,
        double backoffCoefficient = 1.0,
        TimeSpan? maxRetryInterval = null,
        TimeSpan? retryTimeout = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxNumberOfAttempts);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(firstRetryInterval, TimeSpan.Zero);
        if (!(backoffCoefficient >= 1.0))
            throw new ArgumentOutOfRangeException(nameof(backoffCoefficient), backoffCoefficient, "The back-off coefficient must be at least 1.");
        if (maxRetryInterval is { } max && max < firstRetryInterval && max != Timeout.InfiniteTimeSpan)
            throw new ArgumentOutOfRangeException(nameof(maxRetryInterval), max, "The longest retry interval must not be below the first one.");
        if (retryTimeout is { } timeout && timeout < firstRetryInterval && timeout != Timeout.InfiniteTimeSpan)
            throw new ArgumentOutOfRangeException(nameof(retryTimeout), timeout, "The retry timeout must not be below the first retry interval.");
        MaxNumberOfAttempts = maxNumberOfAttempts;
        FirstRetryInterval = firstRetryInterval;
        BackoffCoefficient = backoffCoefficient;
        MaxRetryInterval = maxRetryInterval ?? TimeSpan.FromHours(1);
        RetryTimeout = retryTimeout ?? Timeout.InfiniteTimeSpan;
        Handle = static _ => true;
        HandleAsync = exception => Task.FromResult(Handle(exception));
    }

    public int MaxNumberOfAttempts { get; }

    public TimeSpan FirstRetryInterval { get; }

    public double BackoffCoefficient { get; }

    /// <summary>The longest delay; 1 hour when not given.</summary>
    public TimeSpan MaxRetryInterval { get; }

    /// <summary>Counted from the first attempt; infinite when not given.</summary>
    public TimeSpan RetryTimeout { get; }

    /// <summary>Whether a failure is worth another attempt; true for all when not given.</summary>
    public Func<TaskFailureDetails, bool> HandleFailure
    {
        init => Handle = exception => exception is TaskFailedException failed && value(failed.FailureDetails);
    }

    public Func<Exception, bool> Handle { get; private init; }

    public Func<Exception, Task<bool>> HandleAsync { get; set; }
}
