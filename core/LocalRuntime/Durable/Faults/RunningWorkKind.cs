namespace Iml4e.LocalRuntime.Durable.Faults;

/// <summary>What code of the app is run as; kept as a number.</summary>
internal enum RunningWorkKind
{
    Activity = 0,

    /// <summary>An operation of an entity.</summary>
    Operation = 1,

    /// <summary>A turn of an orchestration, the replay before it included.</summary>
    Turn = 2,
}
