namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>An instance as the store has it; history as JSON, in order.</summary>
internal sealed record LoadedInstance(InstanceRecord? Instance, IReadOnlyList<string> History, IReadOnlyList<InboxMessage> Inbox);
