using Iml4e.LocalRuntime.Testing.Simulation;

namespace Iml4e.LocalRuntime.Testing.Replay;

/// <summary>The first thing that the code did otherwise than its history tells.</summary>
/// <param name="Turn">The turn in which it did, from 1.</param>
/// <param name="Recorded">What the history has at that place; null when it has nothing there.</param>
/// <param name="Replayed">What the code asks for there; null when it asks for nothing.</param>
/// <param name="Message">Both in words.</param>
public sealed record ReplayDifference(int Turn, OrchestrationEvent? Recorded, OrchestrationEvent? Replayed, string Message)
{
    public override string ToString() => Message;

    internal static ReplayDifference Of(int turn, OrchestrationEvent? recorded, OrchestrationEvent? replayed, string? because)
    {
        var there = (recorded, replayed) switch
        {
            (not null, not null) => $"recorded is {Text(recorded, replayed)}, today's code asks for {Text(replayed, recorded)} instead",
            (not null, null) => $"recorded is {recorded}, today's code asks for nothing there",
            _ => $"today's code asks for {replayed}, of which nothing is recorded",
        };
        return new ReplayDifference(turn, recorded, replayed, FormattableString.Invariant($"Turn {turn}: {there}.") + (because is null ? "" : " " + because));
    }

    /// <summary>An action in words, with its payload when the other one differs in nothing else.</summary>
    private static string Text(OrchestrationEvent action, OrchestrationEvent other) => action.ToString() == other.ToString()
        ? $"{action} with version '{action.Version}', instance id '{action.InstanceId}' and input {Shortened.Of(action.Input)}"
        : action.ToString();
}
