using System.Text.Json.Nodes;
using Iml4e.Assessment.Pipelines;
using Iml4e.Catalog;
using Iml4e.Functions.Retraining;

namespace Iml4e.Functions.Dashboard;

/// <summary>A trigger that fired, or would have: what was seen, and what came of it.</summary>
internal sealed record TriggerFiring
{
    /// <summary>Number of its first audit entry.</summary>
    public required long Seq { get; init; }

    /// <summary>Identity of the firing.</summary>
    public required string Trigger { get; init; }

    /// <summary>schedule, data, performance, manual …; null when the log does not say.</summary>
    public string? Kind { get; init; }

    /// <summary>When it was written down.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What was seen, in words.</summary>
    public string? Evidence { get; init; }

    /// <summary>Everything that the log has of it, such as score and threshold.</summary>
    public required JsonObject Fields { get; init; }

    /// <summary>The retraining that it stands for, when that was started.</summary>
    public string? RunId { get; init; }

    /// <summary>What came of it, in order.</summary>
    public required IReadOnlyList<TriggerStep> Steps { get; init; }

    /// <summary>The audit events that tell of triggers.</summary>
    public static bool Tells(AuditEntry entry) => entry.Event.StartsWith("Trigger", StringComparison.Ordinal);

    /// <summary>The firings that entries tell of, newest first.</summary>
    public static IReadOnlyList<TriggerFiring> Of(IEnumerable<AuditEntry> entries) =>
        [.. entries.OrderBy(e => e.Seq).GroupBy(e => Text(e, "trigger") ?? $"entry {e.Seq}").Select(Read).OrderByDescending(f => f.Seq)];

    /// <summary>Identity of the retraining that a firing would have started.</summary>
    public static string RunIdOf(string pipeline, string trigger) => new RetrainRequest
    {
        Pipeline = pipeline, Reason = RetrainTrigger.Manual, TriggerId = trigger, Evidence = "", At = default,
    }.RunId;

    private static TriggerFiring Read(IGrouping<string, AuditEntry> entries)
    {
        var first = entries.FirstOrDefault(e => e.Event == "TriggerReceived") ?? entries.First();
        var received = first.Event == "TriggerReceived";
        return new TriggerFiring
        {
            Seq = entries.First().Seq,
            Trigger = entries.Key,
            Kind = received ? Text(first, "reason") : Text(first, "kind") ?? Text(first, "signal"),
            At = first.At,
            Evidence = Text(first, "evidence"),
            Fields = first.Fields,
            Steps = [.. entries.Where(e => e.Event != "TriggerReceived").Select(e => new TriggerStep(e.Event["Trigger".Length..], Text(e, "reason"), null))],
        };
    }

    private static string? Text(AuditEntry entry, string field) => entry.Fields[field] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}

/// <summary>Something that came of a trigger.</summary>
/// <param name="Event">Suppressed, Coalesced, Retraining …</param>
/// <param name="Why">Why, in words.</param>
/// <param name="Result">How the retraining ended or where it stands.</param>
internal sealed record TriggerStep(string Event, string? Why, string? Result);
