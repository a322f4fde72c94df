namespace Iml4e.LocalRuntime.Worker;

/// <summary>Says how often a failed timer function is tried again.</summary>
[AttributeUsage(AttributeTargets.Method)]
public abstract class RetryAttribute : Attribute
{
    /// <summary>For the derived attributes.</summary>
    public RetryAttribute()
    {
    }

    /// <summary>The number of retries; -1 for no end.</summary>
    public int MaxRetryCount { get; set; }
}
