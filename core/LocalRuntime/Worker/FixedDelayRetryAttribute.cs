namespace Iml4e.LocalRuntime.Worker;

/// <summary>Retries after a constant delay.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FixedDelayRetryAttribute : RetryAttribute
{
    /// <summary>Sets the number of retries (-1 for no end) and the delay (hh:mm:ss).</summary>
    public FixedDelayRetryAttribute(int maxRetryCount, string delayInterval)
    {
        MaxRetryCount = maxRetryCount;
        DelayInterval = delayInterval;
    }

    /// <summary>The delay, hh:mm:ss.</summary>
    public string DelayInterval { get; }
}
