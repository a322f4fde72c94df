namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>What an execution has done, by time.</summary>
/// <param name="Lanes">Calls and timers in the order in which they were begun.</param>
/// <param name="Events">External events in the order of their arrival.</param>
/// <param name="Turns">How often the orchestrator has been given its turn.</param>
internal sealed record Timeline(IReadOnlyList<Lane> Lanes, IReadOnlyList<EventMark> Events, int Turns);
