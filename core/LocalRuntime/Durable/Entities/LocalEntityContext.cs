using System.Diagnostics;
using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Orchestrations;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.Durable.Tracing;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Entities;

namespace Iml4e.LocalRuntime.Durable.Entities;

/// <summary>The context of one operation: collects what it sets going, until the operation is over.</summary>
internal sealed class LocalEntityContext(
    EntityInstanceId id, OrchestrationServices services, TimeProvider time, Func<long> nextExecution, string? trace) : TaskEntityContext
{
    private readonly Lock gate = new();
    private readonly List<EntityMessage> signals = [];
    private readonly List<OrchestrationStart> starts = [];
    private bool over;

    public override EntityInstanceId Id => id;

    /// <exception cref="ArgumentException">The id or the input cannot be taken.</exception>
    public override void SignalEntity(EntityInstanceId id, string operationName, object? input = null, SignalEntityOptions? options = null)
    {
        var entityId = InstanceIds.Check(id);
        ArgumentNullException.ThrowIfNull(operationName);
        var signal = new EntityMessage(entityId, EntityRequestKind.Signal)
        {
            Operation = operationName,
            Input = services.Payloads.Check(services.Converter.Serialize(input), $"input of operation '{operationName}' of entity '{entityId}'"),
            Due = SignalTimes.Due(options, Now),
        };
        var span = services.Tracer.SignalEntity(signal, Id, Now);
        try
        {
            Add(signals, signal with { Trace = Here is { } place ? TraceText.Write(place) : null });
        }
        finally
        {
            DurableTracer.End(span, Now);
        }
    }

    /// <exception cref="ArgumentException">There is no such orchestrator, or the id or the input cannot be taken.</exception>
    public override string ScheduleNewOrchestration(TaskName name, object? input = null, StartOrchestrationOptions? options = null)
    {
        var instanceId = options?.InstanceId is { } given ? InstanceIds.Check(given) : Guid.NewGuid().ToString("N");
        var json = services.Payloads.Check(services.Converter.Serialize(input), $"input of orchestration '{name}'");
        var span = services.Tracer.StartOrchestration(instanceId, id, Now);
        try
        {
            Add(starts, OrchestrationStart.Create(services, Now, nextExecution(), instanceId, name.Name, json, options, Here));
        }
        finally
        {
            DurableTracer.End(span, Now);
        }

        return instanceId;
    }

    /// <summary>Ends the operation and gives what it has set going.</summary>
    public (IReadOnlyList<EntityMessage> Signals, IReadOnlyList<OrchestrationStart> Starts) Close()
    {
        lock (gate)
        {
            over = true;
            return (signals, starts);
        }
    }

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    /// <summary>The place in a trace at which the operation is, or that it comes from.</summary>
    private ActivityContext? Here => services.Tracer.Here ?? (services.Settings.DistributedTracing ? TraceText.Read(trace) : null);

    private void Add<T>(List<T> list, T item)
    {
        lock (gate)
        {
            if (over)
                throw new InvalidOperationException("The operation is over; its context can set nothing going any more.");
            list.Add(item);
        }
    }
}
