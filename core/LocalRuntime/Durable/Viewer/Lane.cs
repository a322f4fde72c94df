namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>One call of an orchestration with all its tries, or one timer.</summary>
internal sealed record Lane(LaneKind Kind, string Name)
{
    public List<Attempt> Attempts { get; } = [];

    /// <summary>The waits between the tries.</summary>
    public List<Pause> Pauses { get; } = [];

    /// <summary>The instance that a sub-orchestration is; the entity that is asked.</summary>
    public string? Target { get; init; }

    /// <summary>When a timer is due, UTC.</summary>
    public DateTime? Due { get; init; }

    /// <summary>Where the call stands; between two tries it is open.</summary>
    public AttemptStatus Status => Pauses is [.., { End: null }] && Attempts[^1].Status == AttemptStatus.Failed ? AttemptStatus.Open : Attempts[^1].Status;
}
