using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.Durable.Tracing;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.LocalRuntime.Durable;

/// <summary>The client of the local engine.</summary>
internal sealed class LocalDurableTaskClient(OrchestrationEngine engine) : DurableTaskClient(engine.Settings.HubName)
{
    private const int PurgeSlice = 100;

    public OrchestrationEngine Engine => engine;

    public override LocalEntityClient Entities { get; } = new(engine);

    /// <exception cref="ArgumentException">There is no such orchestrator, or the id or the input cannot be taken.</exception>
    /// <exception cref="InvalidOperationException">An instance of the id stands in the way.</exception>
    public override async Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        var instanceId = options?.InstanceId is { } given ? InstanceIds.Check(given) : Guid.NewGuid().ToString("N");
        var json = engine.Payloads.Check(engine.Converter.Serialize(input), $"input of orchestration '{orchestratorName}'");
        await StartAsync(instanceId, orchestratorName.Name, json, options);
        return instanceId;
    }

    /// <summary>Starts an instance with an input that is JSON already.</summary>
    public async Task StartAsync(string instanceId, string name, string? json, StartOrchestrationOptions? options)
    {
        var span = engine.Tracer.StartOrchestration(instanceId, name, options?.Version?.Version ?? engine.Settings.DefaultVersion, Now);
        string? error = null;
        try
        {
            if (await engine.StartInstanceAsync(engine.CreateStart(instanceId, name, json, options)) is not null)
                throw new InvalidOperationException($"OrchestrationAlreadyExists: An Orchestration instance with the ID {instanceId} already exists.");
        }
        catch (Exception exception)
        {
            error = exception.Message;
            throw;
        }
        finally
        {
            DurableTracer.End(span, Now, error);
        }
    }

    public override Task RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default) =>
        RaiseJsonAsync(instanceId, eventName, engine.Converter.Serialize(eventPayload));

    /// <summary>Raises an event whose payload is JSON already; false when there is no running instance of the id.</summary>
    public async Task<bool> RaiseJsonAsync(string instanceId, string eventName, string? json)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        engine.Payloads.Check(json, $"payload of event '{eventName}'");
        var span = engine.Tracer.RaiseEvent(instanceId, eventName, Now);
        try
        {
            return await engine.Store.SendAsync(instanceId, new HistoryEvent(HistoryEventKind.EventRaised, Now) { Name = eventName, Input = json });
        }
        finally
        {
            DurableTracer.End(span, Now);
        }
    }

    public override Task<OrchestrationMetadata> WaitForInstanceStartAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        WaitAsync(instanceId, getInputsAndOutputs, instance => instance.Status != OrchestrationRuntimeStatus.Pending, cancellation);

    public override Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        WaitAsync(instanceId, getInputsAndOutputs, instance => instance.IsFinished, cancellation);

    public override Task TerminateInstanceAsync(
        string instanceId, TerminateInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        var output = engine.Payloads.Check(engine.Converter.Serialize(options?.Output), "output of the termination");
        return SendAsync(instanceId, new HistoryEvent(HistoryEventKind.ExecutionTerminated, Now) { Input = output, Recursive = options?.Recursive });
    }

    public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        SendAsync(instanceId, new HistoryEvent(HistoryEventKind.ExecutionSuspended, Now) { Reason = reason });

    public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        SendAsync(instanceId, new HistoryEvent(HistoryEventKind.ExecutionResumed, Now) { Reason = reason });

    public override Task<OrchestrationMetadata?> GetInstancesAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        cancellation.ThrowIfCancellationRequested();
        return Task.FromResult(engine.Queries.Find(instanceId, getInputsAndOutputs) is { } instance ? Describe(instance, getInputsAndOutputs) : null);
    }

    public override AsyncPageable<OrchestrationMetadata> GetAllInstancesAsync(OrchestrationQuery? filter = null)
    {
        var query = filter ?? new OrchestrationQuery();
        return Pageable.Create((token, size, cancellation) =>
        {
            cancellation.ThrowIfCancellationRequested();
            var page = query.TaskHubNames?.Contains(engine.Settings.HubName, StringComparer.OrdinalIgnoreCase) == false
                ? new Page<InstanceRecord>([])
                : engine.Queries.List(query with { ContinuationToken = token ?? query.ContinuationToken, PageSize = size ?? query.PageSize });
            return Task.FromResult(new Page<OrchestrationMetadata>(
                [.. page.Values.Select(instance => Describe(instance, query.FetchInputsAndOutputs))], page.ContinuationToken));
        });
    }

    public override async Task<PurgeResult> PurgeInstanceAsync(
        string instanceId, PurgeInstanceOptions? options = null, CancellationToken cancellation = default) =>
        new(await engine.Store.PurgeAsync([instanceId], options?.Recursive == true));

    public override async Task<PurgeResult> PurgeAllInstancesAsync(
        PurgeInstancesFilter filter, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var start = engine.Time.GetTimestamp();
        var purged = 0;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var slice = engine.Queries.FindFinished(filter, PurgeSlice);
            if (slice.Count == 0)
                return new PurgeResult(purged, true);
            purged += await engine.Store.PurgeAsync(slice, options?.Recursive == true);
            if (filter.Timeout is { } timeout && engine.Time.GetElapsedTime(start) >= timeout)
                return new PurgeResult(purged, engine.Queries.FindFinished(filter, 1).Count == 0);
        }
    }

    /// <exception cref="ArgumentException">There is no such instance.</exception>
    /// <exception cref="InvalidOperationException">The instance is running and the id is to be kept.</exception>
    public override async Task<string> RestartAsync(string instanceId, bool restartWithNewInstanceId = false, CancellationToken cancellation = default)
    {
        var instance = engine.Queries.Find(instanceId, withPayloads: true)
            ?? throw new ArgumentException($"An orchestration with the instanceId {instanceId} was not found.", nameof(instanceId));
        var newId = restartWithNewInstanceId ? Guid.NewGuid().ToString("N") : instanceId;
        if (!restartWithNewInstanceId && !instance.IsFinished)
            throw new InvalidOperationException($"An orchestration with the instanceId {instanceId} is still running and cannot be restarted under its id.");
        var version = instance.Version is null ? (TaskVersion?)null : new TaskVersion(instance.Version);
        var options = new StartOrchestrationOptions { Tags = HistoryJson.ReadTags(instance.Tags), Version = version };
        await StartAsync(newId, instance.Name, instance.Input, options);
        return newId;
    }

    /// <exception cref="ArgumentException">There is no such instance.</exception>
    /// <exception cref="InvalidOperationException">The instance has not failed, or has failed in a critical section.</exception>
    public override async Task RewindInstanceAsync(string instanceId, string reason, CancellationToken cancellation = default)
    {
        var status = await engine.RewindAsync(instanceId, reason)
            ?? throw new ArgumentException($"An orchestration with the instanceId {instanceId} was not found.", nameof(instanceId));
        if (status != OrchestrationRuntimeStatus.Failed)
            throw new InvalidOperationException($"Only failed orchestrations can be rewound; {instanceId} is {status}.");
    }

    /// <exception cref="ArgumentException">There is no such instance.</exception>
    public override Task<IList<DurableTaskCore.History.HistoryEvent>> GetOrchestrationHistoryAsync(
        string instanceId, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        cancellation.ThrowIfCancellationRequested();
        var (instance, history) = engine.Queries.FindWithHistory(instanceId)
            ?? throw new ArgumentException($"An orchestration with the instanceId {instanceId} was not found.", nameof(instanceId));
        return Task.FromResult<IList<DurableTaskCore.History.HistoryEvent>>(HistoryExport.Of(instance, history));
    }

    public override Task<Page<string>> ListInstanceIdsAsync(
        IEnumerable<OrchestrationRuntimeStatus>? runtimeStatus = null,
        DateTimeOffset? completedTimeFrom = null,
        DateTimeOffset? completedTimeTo = null,
        int pageSize = OrchestrationQuery.DefaultPageSize,
        string? lastInstanceKey = null,
        CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pageSize);
        cancellation.ThrowIfCancellationRequested();
        return Task.FromResult(engine.Queries.ListFinished(runtimeStatus, completedTimeFrom, completedTimeTo, pageSize, lastInstanceKey));
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private DateTime Now => engine.Time.GetUtcNow().UtcDateTime;

    private Task<bool> SendAsync(string instanceId, HistoryEvent message)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        return engine.Store.SendAsync(instanceId, message);
    }

    private async Task<OrchestrationMetadata> WaitAsync(
        string instanceId, bool withPayloads, Func<InstanceRecord, bool> reached, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        while (true)
        {
            var change = engine.Watch.NextChangeAsync(instanceId);
            engine.Crash.ThrowIfDown();
            if (engine.Queries.Find(instanceId, withPayloads) is { } instance && reached(instance))
                return Describe(instance, withPayloads);
            await change.WaitAsync(cancellation);
        }
    }

    private OrchestrationMetadata Describe(InstanceRecord instance, bool withPayloads) => new(instance.Name, instance.InstanceId)
    {
        RuntimeStatus = instance.Status,
        CreatedAt = instance.CreatedAt,
        LastUpdatedAt = instance.UpdatedAt,
        SerializedInput = instance.Input,
        SerializedOutput = instance.Output,
        SerializedCustomStatus = instance.CustomStatus,
        FailureDetails = HistoryJson.ReadFailure(instance.Failure),
        Tags = HistoryJson.ReadTags(instance.Tags),
        DataConverter = withPayloads ? engine.Converter : null,
    };
}
