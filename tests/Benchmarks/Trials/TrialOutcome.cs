namespace Iml4e.Benchmarks.Trials;

/// <summary>How a trial over HTTP ended.</summary>
/// <param name="State">Final state of the experiment.</param>
/// <param name="Reason">Why.</param>
/// <param name="Champion">Version that serves afterwards; 2 is the challenger.</param>
/// <param name="Seconds">From start to end.</param>
/// <param name="Requests">Requests sent meanwhile.</param>
/// <param name="Exposed">Of these, those that the challenger answered, or should have.</param>
/// <param name="Failed">Requests that their callers saw fail.</param>
/// <param name="Intact">Whether the audit chain is whole and the replay gives every decision again.</param>
/// <param name="AliasChanges">Changes of the champion since the experiment began.</param>
internal sealed record TrialOutcome(
    string State, string Reason, string Champion, double Seconds, int Requests, int Exposed, int Failed, bool Intact, int AliasChanges);
