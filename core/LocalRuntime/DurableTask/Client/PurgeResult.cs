namespace Iml4e.LocalRuntime.DurableTask.Client;

/// <summary>How much was purged.</summary>
public class PurgeResult
{
    public PurgeResult(int count)
        : this(count, null)
    {
    }

    public PurgeResult(int count, bool? isComplete)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        PurgedInstanceCount = count;
        IsComplete = isComplete;
    }

    public int PurgedInstanceCount { get; }

    /// <summary>Whether nothing is left that matches; null when that is not known.</summary>
    public bool? IsComplete { get; }
}
