namespace Iml4e.LocalRuntime.Worker;

/// <summary>Retries after a delay that doubles from a minimum to a maximum.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ExponentialBackoffRetryAttribute : RetryAttribute
{
    /// <summary>Sets the number of retries (-1 for no end) and the smallest and largest delay (hh:mm:ss).</summary>
    public ExponentialBackoffRetryAttribute(int maxRetryCount, string minimumInterval, string maximumInterval)
    {
        MaxRetryCount = maxRetryCount;
        MinimumInterval = minimumInterval;
        MaximumInterval = maximumInterval;
    }

    /// <summary>The smallest delay, hh:mm:ss.</summary>
    public string MinimumInterval { get; }

    /// <summary>The largest delay, hh:mm:ss.</summary>
    public string MaximumInterval { get; }
}
