namespace Iml4e.LocalRuntime.DurableTask.Client.Entities;

/// <summary>What was cleaned from the store of entities.</summary>
public readonly record struct CleanEntityStorageResult
{
    public int EmptyEntitiesRemoved { get; init; }

    public int OrphanedLocksReleased { get; init; }

    public string? ContinuationToken { get; init; }
}
