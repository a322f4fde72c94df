namespace Iml4e.LocalRuntime.Testing;

/// <summary>A call that an orchestrator made; with all its retries it is one call.</summary>
public sealed class OrchestrationCall
{
    private readonly DataConverter converter;
    private readonly Task task;

    internal OrchestrationCall(
        OrchestrationCallKind kind, string name, string? input, TaskOptions? options, DateTimeOffset at, Task task, DataConverter converter)
    {
        Kind = kind;
        Name = name;
        Input = input;
        Options = options;
        At = at;
        this.task = task;
        this.converter = converter;
    }

    public OrchestrationCallKind Kind { get; }

    /// <summary>The activity or orchestrator.</summary>
    public string Name { get; }

    /// <summary>JSON of the input; null for none.</summary>
    public string? Input { get; }

    /// <summary>The options that were given; null for none.</summary>
    public TaskOptions? Options { get; }

    /// <summary>When, in virtual time.</summary>
    public DateTimeOffset At { get; }

    /// <summary>Whether it was answered before the run ended.</summary>
    public bool IsCompleted => task.IsCompleted;

    /// <summary>Whether it was answered with a failure, after all retries.</summary>
    public bool IsFailed => task.IsFaulted;

    public T? ReadInputAs<T>() => converter.Deserialize<T>(Input);

    public override string ToString() => $"{Kind} '{Name}'";
}
