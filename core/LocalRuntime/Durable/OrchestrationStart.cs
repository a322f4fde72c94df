using System.Diagnostics;
using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Orchestrations;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.Durable.Tracing;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.LocalRuntime.Durable;

/// <summary>An instance that is to be started.</summary>
/// <param name="Instance">The new instance.</param>
/// <param name="Blocks">Whether an instance of the same id and of that status stands in the way.</param>
internal sealed record OrchestrationStart(InstanceRecord Instance, Func<OrchestrationRuntimeStatus, bool> Blocks)
{
    /// <param name="services">What the hub's orchestrations share.</param>
    /// <param name="now">The time of the start, in UTC.</param>
    /// <param name="execution">The number of the execution.</param>
    /// <param name="instanceId">The id, which has been checked.</param>
    /// <param name="name">The orchestrator's name.</param>
    /// <param name="json">The input; null for none.</param>
    /// <param name="options">Time, version, tags and what stands in the way.</param>
    /// <param name="origin">The place in a trace from which it is started; null for none.</param>
    /// <exception cref="ArgumentException">There is no such orchestrator, or no such status.</exception>
    public static OrchestrationStart Create(
        OrchestrationServices services,
        DateTime now,
        long execution,
        string instanceId,
        string? name,
        string? json,
        StartOrchestrationOptions? options,
        ActivityContext? origin)
    {
        if (string.IsNullOrEmpty(name) || !services.Functions.HasOrchestrator(name))
            throw new ArgumentException($"The function '{name}' doesn't exist, is disabled, or is not an orchestrator function.");
        var instance = new InstanceRecord
        {
            InstanceId = instanceId,
            Execution = execution,
            Name = name,
            Version = options?.Version?.Version ?? services.Settings.DefaultVersion,
            Status = OrchestrationRuntimeStatus.Pending,
            CreatedAt = now,
            UpdatedAt = now,
            StartAt = options?.StartAt is { } startAt && startAt.UtcDateTime > now ? startAt.UtcDateTime : null,
            Input = json,
            Tags = HistoryJson.Write(options?.Tags),
            Trace = OrchestrationTrace.From(origin),
        };
        return new OrchestrationStart(instance, Blocking(services.Settings, options?.DedupeStatuses));
    }

    private static Func<OrchestrationRuntimeStatus, bool> Blocking(DurableTaskSettings settings, IReadOnlyList<string>? dedupeStatuses)
    {
        if (dedupeStatuses is null)
            return status => !settings.OverrideRunningInstances && !status.IsFinished();
        var blocking = dedupeStatuses
            .Select(name => Enum.TryParse<OrchestrationRuntimeStatus>(name, ignoreCase: true, out var status)
                ? status
                : throw new ArgumentException($"'{name}' is not the name of a status."))
            .ToHashSet();
        return blocking.Contains;
    }
}
