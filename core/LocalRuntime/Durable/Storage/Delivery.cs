namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>A message for an instance, or only a nudge to look at its row when there is none.</summary>
internal readonly record struct Delivery(string InstanceId, InboxMessage? Message);
