namespace Iml4e.Functions.Retraining;

/// <summary>The retraining that runs, and the firings that it answers.</summary>
internal sealed record RunningRetraining
{
    /// <summary>Evidence that is kept at most; the audit log has all.</summary>
    public const int MostEvidence = 50;

    private const int MostAnswers = 200;

    /// <summary>The firing that started it.</summary>
    public required string TriggerId { get; init; }

    /// <summary>The run.</summary>
    public required string RunId { get; init; }

    /// <summary>Firings that were there when it started.</summary>
    public IReadOnlyList<string> Causes { get; init; } = [];

    /// <summary>Firings that came while it ran, the newest 200.</summary>
    public IReadOnlyList<string> Joined { get; init; } = [];

    /// <summary>Firings that were merged into it, before and after its start.</summary>
    public int Coalesced { get; init; }

    /// <summary>What the merged firings saw, the newest 50.</summary>
    public IReadOnlyList<string> Evidence { get; init; } = [];

    /// <summary>The same with further firings merged into it.</summary>
    public RunningRetraining With(IReadOnlyList<RetrainRequest> requests) => this with
    {
        Joined = [.. Joined.Concat(requests.Select(r => r.TriggerId)).TakeLast(MostAnswers)],
        Coalesced = Coalesced + requests.Count,
        Evidence = [.. Evidence.Concat(requests.Select(r => r.Evidence)).TakeLast(MostEvidence)],
    };
}
