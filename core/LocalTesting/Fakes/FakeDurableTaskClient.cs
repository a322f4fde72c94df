using System.Text.Json;

namespace Iml4e.LocalRuntime.Testing.Fakes;

/// <summary>
/// A client that starts nothing: it keeps instances in memory, writes down what it is asked, and lets the test say how the instances get on. For tests of
/// starters and management endpoints, in both flavours.
/// </summary>
public sealed class FakeDurableTaskClient(string name = "test", TimeProvider? time = null) : DurableTaskClient(name)
{
    private readonly Lock gate = new();
    private readonly JsonDataConverter converter = new(new JsonSerializerOptions());
    private readonly TimeProvider time = time ?? TimeProvider.System;
    private readonly Dictionary<string, OrchestrationMetadata> instances = new(StringComparer.Ordinal);
    private readonly List<FakeStart> started = [];
    private readonly List<FakeSentEvent> events = [];
    private readonly List<FakeTermination> terminations = [];
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The orchestrations that were started, in order.</summary>
    public IReadOnlyList<FakeStart> Started => Copy(started);

    /// <summary>The events that were raised, in order.</summary>
    public IReadOnlyList<FakeSentEvent> RaisedEvents => Copy(events);

    /// <summary>The terminations that were asked for, in order.</summary>
    public IReadOnlyList<FakeTermination> Terminations => Copy(terminations);

    /// <summary>Says how an instance stands, and makes it when there is none; what is not given stays as it is.</summary>
    public void Set(
        string instanceId,
        OrchestrationRuntimeStatus status,
        object? output = null,
        object? customStatus = null,
        TaskFailureDetails? failure = null,
        string? name = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        lock (gate)
        {
            var known = instances.GetValueOrDefault(instanceId) ?? Create(name ?? "Orchestration", instanceId, null, null);
            Change(known, status, output is null ? known.SerializedOutput : converter.Serialize(output), converter.Serialize(customStatus), failure);
        }
    }

    /// <exception cref="InvalidOperationException">An instance of the id is under way.</exception>
    public override Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        var instanceId = options?.InstanceId ?? Guid.NewGuid().ToString("N");
        lock (gate)
        {
            if (instances.GetValueOrDefault(instanceId) is { IsCompleted: false })
                throw new InvalidOperationException($"OrchestrationAlreadyExists: An Orchestration instance with the ID {instanceId} already exists.");
            instances[instanceId] = Create(orchestratorName.Name, instanceId, converter.Serialize(input), options);
            started.Add(new FakeStart(orchestratorName.Name, input, instanceId, options));
            Wake();
        }

        return Task.FromResult(instanceId);
    }

    public override Task RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        lock (gate)
            events.Add(new FakeSentEvent(instanceId, eventName, eventPayload));
        return Task.CompletedTask;
    }

    public override Task<OrchestrationMetadata> WaitForInstanceStartAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        WaitAsync(instanceId, getInputsAndOutputs, instance => instance.RuntimeStatus != OrchestrationRuntimeStatus.Pending, cancellation);

    public override Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        WaitAsync(instanceId, getInputsAndOutputs, instance => instance.IsCompleted, cancellation);

    public override Task TerminateInstanceAsync(string instanceId, TerminateInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        lock (gate)
        {
            terminations.Add(new FakeTermination(instanceId, options?.Output, options?.Recursive == true));
            if (instances.GetValueOrDefault(instanceId) is { IsCompleted: false } known)
                Change(known, OrchestrationRuntimeStatus.Terminated, converter.Serialize(options?.Output), null, null);
        }

        return Task.CompletedTask;
    }

    public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        Move(instanceId, instance => !instance.IsCompleted, OrchestrationRuntimeStatus.Suspended);

    public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        Move(instanceId, instance => instance.RuntimeStatus == OrchestrationRuntimeStatus.Suspended, OrchestrationRuntimeStatus.Running);

    public override Task<OrchestrationMetadata?> GetInstancesAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        lock (gate)
            return Task.FromResult(instances.GetValueOrDefault(instanceId) is { } known ? View(known, getInputsAndOutputs) : null);
    }

    public override AsyncPageable<OrchestrationMetadata> GetAllInstancesAsync(OrchestrationQuery? filter = null)
    {
        var query = filter ?? new OrchestrationQuery();
        return Pageable.Create<OrchestrationMetadata>((token, size, cancellation) =>
        {
            cancellation.ThrowIfCancellationRequested();
            var skip = token is null ? 0 : int.Parse(token, System.Globalization.CultureInfo.InvariantCulture);
            var take = size ?? query.PageSize;
            List<OrchestrationMetadata> matching;
            lock (gate)
                matching = [.. instances.Values.Where(instance => Matches(query, instance)).OrderBy(instance => instance.CreatedAt)];
            var next = skip + take < matching.Count ? FormattableString.Invariant($"{skip + take}") : null;
            return Task.FromResult(new Page<OrchestrationMetadata>(
                [.. matching.Skip(skip).Take(take).Select(instance => View(instance, query.FetchInputsAndOutputs))], next));
        });
    }

    public override Task<PurgeResult> PurgeInstanceAsync(string instanceId, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        lock (gate)
        {
            var isFinished = instances.GetValueOrDefault(instanceId) is { IsCompleted: true } && instances.Remove(instanceId);
            return Task.FromResult(new PurgeResult(isFinished ? 1 : 0));
        }
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static bool Matches(OrchestrationQuery query, OrchestrationMetadata instance) =>
        (query.Statuses is not { } statuses || statuses.Contains(instance.RuntimeStatus))
        && (query.InstanceIdPrefix is not { } prefix || instance.InstanceId.StartsWith(prefix, StringComparison.Ordinal))
        && (query.CreatedFrom is not { } from || instance.CreatedAt >= from)
        && (query.CreatedTo is not { } to || instance.CreatedAt <= to);

    private async Task<OrchestrationMetadata> WaitAsync(
        string instanceId, bool withPayloads, Func<OrchestrationMetadata, bool> reached, CancellationToken cancellation)
    {
        while (true)
        {
            Task change;
            lock (gate)
            {
                if (!instances.TryGetValue(instanceId, out var known))
                    throw new ArgumentException($"The fake client has no instance '{instanceId}', and so it would wait for ever.", nameof(instanceId));
                if (reached(known))
                    return View(known, withPayloads);
                change = changed.Task;
            }

            await change.WaitAsync(cancellation);
        }
    }

    private Task Move(string instanceId, Func<OrchestrationMetadata, bool> when, OrchestrationRuntimeStatus status)
    {
        lock (gate)
        {
            if (instances.TryGetValue(instanceId, out var known) && when(known))
                Change(known, status, known.SerializedOutput, null, null);
        }

        return Task.CompletedTask;
    }

    private OrchestrationMetadata Create(string name, string instanceId, string? input, StartOrchestrationOptions? options) => new(name, instanceId)
    {
        RuntimeStatus = OrchestrationRuntimeStatus.Pending,
        CreatedAt = time.GetUtcNow(),
        LastUpdatedAt = time.GetUtcNow(),
        SerializedInput = input,
        Tags = options?.Tags ?? new Dictionary<string, string>(),
        DataConverter = converter,
    };

    private void Change(OrchestrationMetadata known, OrchestrationRuntimeStatus status, string? output, string? customStatus, TaskFailureDetails? failure)
    {
        instances[known.InstanceId] = new OrchestrationMetadata(known.Name, known.InstanceId)
        {
            RuntimeStatus = status,
            CreatedAt = known.CreatedAt,
            LastUpdatedAt = time.GetUtcNow(),
            SerializedInput = known.SerializedInput,
            SerializedOutput = output,
            SerializedCustomStatus = customStatus ?? known.SerializedCustomStatus,
            FailureDetails = failure,
            Tags = known.Tags,
            DataConverter = converter,
        };
        Wake();
    }

    private void Wake()
    {
        var waiting = changed;
        changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.TrySetResult();
    }

    private static OrchestrationMetadata View(OrchestrationMetadata instance, bool withPayloads) => withPayloads
        ? instance
        : new OrchestrationMetadata(instance.Name, instance.InstanceId)
        {
            RuntimeStatus = instance.RuntimeStatus,
            CreatedAt = instance.CreatedAt,
            LastUpdatedAt = instance.LastUpdatedAt,
            FailureDetails = instance.FailureDetails,
            Tags = instance.Tags,
        };

    private IReadOnlyList<T> Copy<T>(List<T> list)
    {
        lock (gate)
            return [.. list];
    }
}
