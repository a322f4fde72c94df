namespace Iml4e.LocalRuntime.Testing;

/// <summary>A custom status that an orchestrator set.</summary>
public sealed class CustomStatus
{
    private readonly DataConverter converter;

    internal CustomStatus(DateTimeOffset at, string? value, DataConverter converter)
    {
        At = at;
        Value = value;
        this.converter = converter;
    }

    /// <summary>When, in virtual time.</summary>
    public DateTimeOffset At { get; }

    /// <summary>The status as JSON.</summary>
    public string? Value { get; }

    public T? ReadAs<T>() => converter.Deserialize<T>(Value);

    public override string ToString() => Value ?? "";
}
