namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>What came of a batch's commit.</summary>
/// <param name="Holder">Who has the entity locked now.</param>
/// <param name="Started">The orchestrations that were started; the others stood in their own way.</param>
/// <param name="Deliveries">What is to be handed to instances and entities.</param>
internal sealed record EntityCommitResult(CallerLink? Holder, IReadOnlyList<OrchestrationStart> Started, IReadOnlyList<Delivery> Deliveries);
