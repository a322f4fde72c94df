using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Testing.Replay;

namespace Iml4e.LocalRuntime.Testing;

/// <summary>A call or a signal of an orchestrator to an entity.</summary>
public sealed class EntityRequest
{
    private readonly DataConverter converter;

    internal EntityRequest(OrchestrationEvent sent, DataConverter converter)
    {
        Id = EntityInstanceId.FromString(sent.InstanceId!);
        Operation = sent.Name!;
        IsSignal = sent.Request == nameof(EntityRequestKind.Signal);
        Input = sent.Input;
        At = new DateTimeOffset(sent.Timestamp);
        this.converter = converter;
    }

    /// <summary>The entity.</summary>
    public EntityInstanceId Id { get; }

    public string Operation { get; }

    /// <summary>Whether nothing is answered.</summary>
    public bool IsSignal { get; }

    /// <summary>JSON of the input; null for none.</summary>
    public string? Input { get; }

    /// <summary>When, in virtual time.</summary>
    public DateTimeOffset At { get; }

    public T? ReadInputAs<T>() => converter.Deserialize<T>(Input);
}
