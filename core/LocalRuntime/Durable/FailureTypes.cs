using System.Collections.Frozen;

namespace Iml4e.LocalRuntime.Durable;

/// <summary>Error types of failures that the engine itself reports.</summary>
internal static class FailureTypes
{
    public const string ActivityNotFound = "ActivityTaskNotFound";
    public const string OrchestratorNotFound = "OrchestratorTaskNotFound";
    public const string EntityNotFound = "EntityNotFound";
    public const string ActivityPoisoned = "ActivityPoisoned";
    public const string EntityOperationPoisoned = "EntityOperationPoisoned";
    public const string OrchestrationPoisoned = "OrchestrationPoisoned";
    public const string PayloadTooLarge = "PayloadTooLarge";
    public const string VersionMismatch = "VersionMismatch";
    public const string AlreadyExists = "OrchestrationAlreadyExists";
    public const string Terminated = "OrchestrationTerminated";

    /// <summary>Failures that another attempt would only repeat.</summary>
    public static readonly FrozenSet<string> NonRetriable = FrozenSet.Create(
        StringComparer.Ordinal, ActivityNotFound, OrchestratorNotFound, ActivityPoisoned, EntityOperationPoisoned, OrchestrationPoisoned, PayloadTooLarge);
}
