namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>
/// What an execution waits for beyond its calls and timers. A history tells which events have arrived, but which of them the code has taken only the code
/// itself knows; so each turn that changes this records it, and whoever asks need not run the code.
/// </summary>
/// <param name="Events">The events that are waited for.</param>
/// <param name="Buffered">The events that have arrived and that nothing has waited for yet: their places among the raised events of the history.</param>
internal sealed record RecordedWaits(IReadOnlyList<EventWait> Events, IReadOnlyList<int> Buffered);
