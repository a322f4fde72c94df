namespace Iml4e.LocalRuntime.Testing;

/// <summary>An event that an orchestrator sent to another instance.</summary>
public sealed class SentEvent
{
    private readonly DataConverter converter;

    internal SentEvent(string instanceId, string name, string? payload, DateTimeOffset at, DataConverter converter)
    {
        InstanceId = instanceId;
        Name = name;
        Payload = payload;
        At = at;
        this.converter = converter;
    }

    /// <summary>The receiver.</summary>
    public string InstanceId { get; }

    public string Name { get; }

    /// <summary>JSON of the payload; null for none.</summary>
    public string? Payload { get; }

    /// <summary>When, in virtual time.</summary>
    public DateTimeOffset At { get; }

    public T? ReadPayloadAs<T>() => converter.Deserialize<T>(Payload);
}
