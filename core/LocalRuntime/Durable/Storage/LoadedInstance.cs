namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>An instance as the store has it; history as JSON, a list of events a turn.</summary>
/// <param name="Crashes">Falls of the process in a row in which its next turn was running.</param>
internal sealed record LoadedInstance(InstanceRecord? Instance, IReadOnlyList<string> History, IReadOnlyList<InboxMessage> Inbox, int Crashes);
