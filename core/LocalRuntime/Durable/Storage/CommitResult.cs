namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>What came of a commit.</summary>
/// <param name="Written">False when the instance has meanwhile been replaced or purged; then nothing was written but the consumption of messages.</param>
/// <param name="Deliveries">Messages and starts to be handed to other instances.</param>
internal sealed record CommitResult(bool Written, IReadOnlyList<Delivery> Deliveries);
