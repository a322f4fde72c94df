using Iml4e.LocalRuntime.Durable.History;

namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>Something that happened to an instance and that its history does not have yet.</summary>
/// <param name="Event">What happened.</param>
/// <param name="Execution">The execution that it is for; 0 for whichever is the present one.</param>
/// <param name="Row">
/// Its row in the inbox table; null for results of activities and timers, whose own rows stand for them until they are in the history.
/// </param>
internal sealed record InboxMessage(HistoryEvent Event, long Execution, long? Row);
