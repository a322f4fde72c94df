using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Iml4e.Catalog;

/// <summary>Where a run stands.</summary>
public enum RunStatus
{
    /// <summary>Accepted, not begun.</summary>
    Pending,

    /// <summary>Under way.</summary>
    Running,

    /// <summary>Ended as intended.</summary>
    Completed,

    /// <summary>Ended by an error.</summary>
    Failed,

    /// <summary>Ended by request.</summary>
    Cancelled,
}

/// <summary>A run: one piece of work, from its reason to what came out.</summary>
public sealed record RunRecord
{
    /// <summary>1 to 200 of letters, digits and <c>- _ . = @ : + ~</c>.</summary>
    public required string RunId { get; init; }

    /// <summary>train, evaluate, retrain, …</summary>
    public required string Kind { get; init; }

    /// <summary>The pipeline it belongs to.</summary>
    public string? Pipeline { get; init; }

    /// <summary>The model it is about.</summary>
    public string? Model { get; init; }

    /// <summary>Where it stands.</summary>
    public RunStatus Status { get; init; }

    /// <summary>When it began; orders the list.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>What it was asked to do.</summary>
    public JsonObject? Parameters { get; init; }

    /// <summary>What was measured, by name.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();

    /// <summary>Artefacts that went in.</summary>
    public IReadOnlyList<RunArtefact> Inputs { get; init; } = [];

    /// <summary>Artefacts that came out.</summary>
    public IReadOnlyList<RunArtefact> Outputs { get; init; } = [];

    /// <summary>Why it was started.</summary>
    public string? Reason { get; init; }

    /// <summary>Further reasons that were merged into the run.</summary>
    public int Coalesced { get; init; }

    /// <summary>The newest of these reasons.</summary>
    public IReadOnlyList<string> Evidence { get; init; } = [];

    /// <summary>How it ended in the words of its kind, such as Promoted or OfflineRejected.</summary>
    public string? Result { get; init; }

    /// <summary>Whether what it made or measured was accepted; null when nothing was to be judged.</summary>
    public bool? Accepted { get; init; }

    /// <summary>Quality gates that were passed or not, in the order of their jobs.</summary>
    public IReadOnlyList<RunGate> Gates { get; init; } = [];

    /// <summary>What went wrong.</summary>
    public string? Error { get; init; }

    /// <summary>True once nothing more will happen.</summary>
    [JsonIgnore]
    public bool Ended => Status is RunStatus.Completed or RunStatus.Failed or RunStatus.Cancelled;
}

/// <summary>An artefact that a run read or made.</summary>
/// <param name="Role">data, train, validation, code, params, model, report, …</param>
/// <param name="Digest">The artefact.</param>
/// <param name="Name">What it is called, such as "hq-heating@3".</param>
public sealed record RunArtefact(string Role, string Digest, string? Name = null);

/// <summary>A quality gate of a run: a job, and whether its figures were good enough.</summary>
/// <param name="Name">What the gate is called.</param>
/// <param name="Job">Kind of the job.</param>
/// <param name="Accept">What the figures must fulfil.</param>
/// <param name="Accepted">Whether they did.</param>
/// <param name="Explanation">The expression with the figures put in.</param>
/// <param name="Report">Address of the job's report.</param>
/// <param name="ChampionReport">Address of the report of the same job on the champion; null when it was not asked for.</param>
public sealed record RunGate(string Name, string Job, string Accept, bool Accepted, string Explanation, string Report, string? ChampionReport = null);

/// <summary>Which runs to list; null members do not restrict.</summary>
/// <param name="Kind">Of this kind.</param>
/// <param name="Pipeline">Of this pipeline.</param>
/// <param name="Model">About this model.</param>
/// <param name="Status">Standing here.</param>
public sealed record RunFilter(string? Kind = null, string? Pipeline = null, string? Model = null, RunStatus? Status = null);

/// <summary>A page of runs, newest first.</summary>
/// <param name="Runs">The runs; may be fewer than asked for, or none, although there is a next page.</param>
/// <param name="Next">Where the next page begins; null at the end.</param>
public sealed record RunPage(IReadOnlyList<RunRecord> Runs, string? Next);
