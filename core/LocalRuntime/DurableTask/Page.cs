namespace Iml4e.LocalRuntime.DurableTask;

/// <summary>One page of a query's result.</summary>
public sealed class Page<T>
{
    public Page(IReadOnlyList<T> values, string? continuationToken = null)
    {
        ArgumentNullException.ThrowIfNull(values);
        Values = values;
        ContinuationToken = continuationToken;
    }

    public IReadOnlyList<T> Values { get; }

    /// <summary>Where the next page starts; null on the last one.</summary>
    public string? ContinuationToken { get; }
}
