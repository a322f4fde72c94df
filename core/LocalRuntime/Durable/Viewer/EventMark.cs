namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>An external event that has arrived.</summary>
/// <param name="Name">Its name.</param>
/// <param name="At">When it was raised, UTC.</param>
/// <param name="Sequence">Its place in the history; null when the orchestrator has not seen it yet.</param>
/// <param name="Buffered">Whether nothing has waited for it yet.</param>
internal sealed record EventMark(string Name, DateTime At, int? Sequence, bool Buffered);
