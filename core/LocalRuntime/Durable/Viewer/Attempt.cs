namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>One try of a call.</summary>
/// <param name="Id">Its sequence number in the history.</param>
/// <param name="Start">When it was called, UTC.</param>
internal sealed record Attempt(int Id, DateTime Start)
{
    /// <summary>When it ended; null while it has not.</summary>
    public DateTime? End { get; set; }

    public AttemptStatus Status { get; set; }

    /// <summary>Why it failed.</summary>
    public string? Error { get; set; }
}
