namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>Something that an instance waits for.</summary>
/// <param name="Kind">What sort of thing.</param>
/// <param name="What">The thing in words, such as <c>event 'approved'</c>.</param>
/// <param name="Since">Since when, UTC.</param>
internal sealed record Wait(WaitKind Kind, string What, DateTime Since)
{
    /// <summary>When it comes by itself; null when that is not known.</summary>
    public DateTime? Due { get; init; }

    /// <summary>The sequence number of the call or the timer.</summary>
    public int? Id { get; init; }

    /// <summary>The child that is waited for.</summary>
    public string? Target { get; init; }
}
