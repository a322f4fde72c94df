namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>An instance itself; times are UTC.</summary>
/// <param name="Execution">The number of its present execution; it changes with each continue-as-new.</param>
/// <param name="Ended">When it finished; null while it has not.</param>
/// <param name="Parent">The instance that started it; null for none.</param>
internal sealed record InstanceHeader(
    string InstanceId,
    string Name,
    string? Version,
    string Status,
    long Execution,
    DateTime Created,
    DateTime Updated,
    DateTime? StartAt,
    DateTime? Ended,
    PayloadPreview? Input,
    PayloadPreview? Output,
    PayloadPreview? CustomStatus,
    FailureView? Failure,
    IReadOnlyDictionary<string, string> Tags,
    string? Parent);
