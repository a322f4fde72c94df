namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>The wait between two tries of a call.</summary>
/// <param name="Id">The timer's sequence number in the history.</param>
/// <param name="Start">When the try before it was known to have failed, UTC.</param>
/// <param name="Due">When the next try is due.</param>
internal sealed record Pause(int Id, DateTime Start, DateTime Due)
{
    /// <summary>When the timer fired; null while it has not.</summary>
    public DateTime? End { get; set; }
}
