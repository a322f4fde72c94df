namespace Iml4e.Assessment.Experiment;

/// <summary>The challenger's requests in the circuit breaker's window.</summary>
/// <param name="Requests">Requests routed to the challenger.</param>
/// <param name="Errors">Of these, failed (whoever answered in the end).</param>
/// <param name="Tripped">Whether a worker has tripped already.</param>
public sealed record CircuitCounts(long Requests, long Errors, bool Tripped = false);
