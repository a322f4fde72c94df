using System.Text.Json.Serialization;
using Iml4e.Assessment.Experiment;

namespace Iml4e.Functions.Experiments;

/// <summary>What an experiment starts with; everything that decides is frozen here.</summary>
internal sealed record ExperimentStart
{
    /// <summary>Identity of the experiment, and salt of its unit hash.</summary>
    public required string ExperimentId { get; init; }

    /// <summary>The pipeline, and the model of the same name.</summary>
    public required string Model { get; init; }

    /// <summary>Version that serves when the experiment begins.</summary>
    public required string Champion { get; init; }

    /// <summary>Version that wants to.</summary>
    public required string Challenger { get; init; }

    /// <summary>Retraining run that made the challenger.</summary>
    public required string RunId { get; init; }

    /// <summary>The frozen configuration.</summary>
    public required ExperimentConfiguration Configuration { get; init; }

    /// <summary>Caps of continuous outcomes, frozen; null for none.</summary>
    public WinsorCaps? Caps { get; init; }

    /// <summary>The difference that whoever started it said was to be found, in the metric's unit; null when nobody did.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Effect { get; init; }

    /// <summary>State to go on from; null at the very start.</summary>
    public ExperimentState? State { get; init; }

    /// <summary>Looks taken so far, over all generations of the orchestration.</summary>
    public int Turn { get; init; }

    /// <summary>Whether the alias already stands on the challenger.</summary>
    public bool PromotionApplied { get; init; }

    /// <summary>Since when the logs could not be read; null when they could.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? FailingSince { get; init; }
}

/// <summary>Asks for a look.</summary>
internal sealed record LookRequest(
    string ExperimentId, string Model, ExperimentState State, ExperimentConfiguration Configuration, WinsorCaps? Caps, bool PromotionApplied,
    string? AbortedBy, string? ApprovedBy, DateTimeOffset Now)
{
    /// <summary>Who wants the challenger taken out; null for nobody.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RolledBackBy { get; init; }

    /// <summary>Since when the logs could not be read; null when they could.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? FailingSince { get; init; }
}

/// <summary>Asks for a step to be made true.</summary>
internal sealed record ApplyRequest(ExperimentStart Experiment, ExperimentLook Look, ExperimentStep Step, int Turn);

/// <summary>What making a step true led to.</summary>
/// <param name="PromotionApplied">Whether the alias stands on the challenger.</param>
/// <param name="Blocked">Whether another experiment of the model runs, so that this one cannot begin and nothing was done.</param>
internal sealed record Applied(
    bool PromotionApplied, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Blocked = false);

/// <summary>Which experiment of a model is the newest, one document a model: the one that may run.</summary>
internal sealed record ExperimentClaim(string ExperimentId, DateTimeOffset At)
{
    /// <summary>Path of the document.</summary>
    public static string PathOf(string model) => $"newest-experiments/{model}.json";
}

/// <summary>How an experiment ended.</summary>
internal sealed record ExperimentResult(string Result, string? Reason);

/// <summary>Somebody's wish: to stop, or to agree.</summary>
internal sealed record ExperimentWish(string Actor, string? Reason);

/// <summary>An experiment as it is shown, one document each.</summary>
internal sealed record ExperimentDocument
{
    /// <summary>What it started with.</summary>
    public required ExperimentStart Start { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Where it stands.</summary>
    public required ExperimentState State { get; init; }

    /// <summary>Newest look's inputs.</summary>
    public ExperimentLook? Look { get; init; }

    /// <summary>Newest look's statistics.</summary>
    public ExperimentEvidence? Evidence { get; init; }

    /// <summary>The looks for the chart, thinned to 400.</summary>
    public IReadOnlyList<LookPoint> Looks { get; init; } = [];

    /// <summary>Looks applied, so that one is not added twice.</summary>
    public int Turn { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Path of the document.</summary>
    public static string PathOf(string model, string id) => $"experiments/{model}/{id}.json";
}

/// <summary>One look on the chart.</summary>
internal sealed record LookPoint(DateTimeOffset At, long N, double? Delta, double? Lo, double? Hi, double Share, ExperimentPhase Phase);
