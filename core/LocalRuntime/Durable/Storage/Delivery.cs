namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>A message for an instance, a request for an entity, or only a nudge to look at the rows when there is neither.</summary>
internal readonly record struct Delivery(string InstanceId, InboxMessage? Message, EntityMessage? Request = null);
