namespace Iml4e.Functions.Jobs;

/// <summary>Idempotent starts of orchestrations.</summary>
internal static class DurableTaskClientStart
{
    private static readonly OrchestrationRuntimeStatus[] Alive =
        [OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended];

    private static readonly string[] AnyStatus = [.. Enum.GetNames<OrchestrationRuntimeStatus>()];

    /// <summary>Starts an instance unless one of that id was ever started; false when it was.</summary>
    public static async Task<bool> StartOnceAsync(
        this DurableTaskClient client, string orchestrator, object input, string instanceId, CancellationToken cancellationToken)
    {
        if (await client.GetInstanceAsync(instanceId, cancellationToken) is not null)
            return false;
        try
        {
            await client.ScheduleNewOrchestrationInstanceAsync(
                orchestrator, input, new StartOrchestrationOptions(instanceId) { DedupeStatuses = AnyStatus }, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Two starts at the same moment: the backends throw different types for "already exists", what counts is that the instance is there.
            if (await client.GetInstanceAsync(instanceId, cancellationToken) is null)
                throw;
            return false;
        }
    }

    /// <summary>Whether an instance has been started and has not ended.</summary>
    public static async Task<bool> IsAliveAsync(this DurableTaskClient client, string instanceId, CancellationToken cancellationToken) =>
        await client.GetInstanceAsync(instanceId, cancellationToken) is { } there && Alive.Contains(there.RuntimeStatus);

    /// <summary>Starts an instance unless one of that id is alive; a finished one is replaced. False when one is alive.</summary>
    public static async Task<bool> StartSingletonAsync(
        this DurableTaskClient client, string orchestrator, object input, string instanceId, CancellationToken cancellationToken)
    {
        if (await client.GetInstanceAsync(instanceId, cancellationToken) is { } there && Alive.Contains(there.RuntimeStatus))
            return false;
        try
        {
            await client.ScheduleNewOrchestrationInstanceAsync(
                orchestrator, input, new StartOrchestrationOptions(instanceId), cancellationToken);
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            if (await client.GetInstanceAsync(instanceId, cancellationToken) is not { } other || !Alive.Contains(other.RuntimeStatus))
                throw;
            return false;
        }
    }
}
