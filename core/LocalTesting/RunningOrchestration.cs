using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Testing.Simulation;

namespace Iml4e.LocalRuntime.Testing;

/// <summary>The orchestration at a moment of its virtual time: how it stands, and what may be done to it then.</summary>
public sealed class RunningOrchestration
{
    private readonly OrchestrationSimulation simulation;
    private readonly SimulatedInstance instance;
    private readonly DataConverter converter;

    internal RunningOrchestration(OrchestrationSimulation simulation, SimulatedInstance instance, DataConverter converter)
    {
        this.simulation = simulation;
        this.instance = instance;
        this.converter = converter;
    }

    public OrchestrationRuntimeStatus Status => instance.Record.Status;

    /// <summary>What it waits for, in words.</summary>
    public IReadOnlyList<string> WaitingFor => [.. OrchestrationSimulation.WaitingFor(instance)];

    public T? ReadCustomStatusAs<T>() => converter.Deserialize<T>(instance.Record.CustomStatus);

    /// <summary>Raises an external event.</summary>
    public void RaiseEvent(string eventName, object? payload = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        Post(new HistoryEvent(HistoryEventKind.EventRaised, default) { Name = eventName, Input = converter.Serialize(payload) });
    }

    public void Terminate(object? output = null, bool recursive = false) =>
        Post(new HistoryEvent(HistoryEventKind.ExecutionTerminated, default) { Input = converter.Serialize(output), Recursive = recursive });

    public void Suspend(string? reason = null) => Post(new HistoryEvent(HistoryEventKind.ExecutionSuspended, default) { Reason = reason });

    public void Resume(string? reason = null) => Post(new HistoryEvent(HistoryEventKind.ExecutionResumed, default) { Reason = reason });

    private void Post(HistoryEvent item) => simulation.Post(instance, item);
}
