namespace Iml4e.LocalRuntime.Testing.Replay;

/// <summary>How much of a replay must be as recorded.</summary>
public enum ReplayComparison
{
    /// <summary>What a running instance needs to go on, and what the engine checks: kind, order, number and names of the calls, and the end.</summary>
    Engine,

    /// <summary>Inputs, instance ids, versions, due times and the output too.</summary>
    Payloads,
}
