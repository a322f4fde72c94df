namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>A page of unfinished instances with what they wait for.</summary>
/// <param name="Now">The time at the host, UTC.</param>
/// <param name="Next">What asks for the page that follows; null at the end.</param>
internal sealed record WaitPage(DateTime Now, IReadOnlyList<WaitingInstance> Items, string? Next);
