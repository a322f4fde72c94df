namespace Iml4e.Inference;

/// <summary>There is more to do than is allowed to wait; the request was not begun.</summary>
public sealed class OverloadedException : Exception
{
    /// <summary>A refusal.</summary>
    /// <param name="message">What is full, fit to be shown.</param>
    /// <param name="retryAfter">When there should be room again.</param>
    public OverloadedException(string message, TimeSpan retryAfter)
        : base(message) => RetryAfter = retryAfter;

    /// <summary>When there should be room again, as far as can be told.</summary>
    public TimeSpan RetryAfter { get; }
}
