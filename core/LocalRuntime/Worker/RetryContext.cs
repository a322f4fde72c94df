namespace Iml4e.LocalRuntime.Worker;

/// <summary>Which retry an invocation is.</summary>
public abstract class RetryContext
{
    /// <summary>0 for the first run, then 1, 2, …</summary>
    public abstract int RetryCount { get; }

    /// <summary>The largest number of retries; -1 for no end.</summary>
    public abstract int MaxRetryCount { get; }
}
