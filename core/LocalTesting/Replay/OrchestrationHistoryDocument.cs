using System.Text.Encodings.Web;
using System.Text.Json;
using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Orchestrations;

namespace Iml4e.LocalRuntime.Testing.Replay;

/// <summary>One execution of an orchestration as it was recorded: what a replay needs, in a file that can be kept beside the tests.</summary>
public sealed record OrchestrationHistoryDocument
{
    /// <summary>The mark of the file format.</summary>
    public const string CurrentFormat = "iml4e-orchestration-history/1";

    /// <summary>The largest file that is read, in bytes.</summary>
    public const int MaxBytes = 64 * 1024 * 1024;

    // Payloads are JSON within JSON; their quotes need not be numbers.
    private static readonly JsonSerializerOptions Writing = new(HistoryDocumentJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The mark of the file format; <see cref="CurrentFormat"/>.</summary>
    public string Format { get; init; } = CurrentFormat;

    /// <summary>The id of the instance.</summary>
    public required string InstanceId { get; init; }

    /// <summary>The name of the orchestrator.</summary>
    public required string Name { get; init; }

    /// <summary>The version of the instance; null for none.</summary>
    public string? Version { get; init; }

    /// <summary>JSON of the input; null for none.</summary>
    public string? Input { get; init; }

    /// <summary>The orchestration that called this one; null for none.</summary>
    public ParentOrchestrationInstance? Parent { get; init; }

    /// <summary>The events of the execution in order.</summary>
    public required IReadOnlyList<OrchestrationEvent> Events { get; init; }

    /// <summary>Reads a document.</summary>
    /// <exception cref="HistoryFormatException">The text is not a history that can have been recorded.</exception>
    public static OrchestrationHistoryDocument Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        if (json.Length > MaxBytes)
            throw new HistoryFormatException(FormattableString.Invariant($"A history has at most {MaxBytes} bytes; this one has more."));
        OrchestrationHistoryDocument? document;
        try
        {
            document = JsonSerializer.Deserialize(json, HistoryDocumentJson.Default.OrchestrationHistoryDocument);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or InvalidOperationException or ArgumentException)
        {
            throw new HistoryFormatException("This is not the JSON of a recorded history: " + exception.Message, exception);
        }

        HistoryCheck.Check(document ?? throw new HistoryFormatException("This is not the JSON of a recorded history: it is null."));
        return document;
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="HistoryFormatException">The file is not a history that can have been recorded.</exception>
    public static OrchestrationHistoryDocument Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            return new FileInfo(path).Length <= MaxBytes
                ? Parse(File.ReadAllText(path))
                : throw new HistoryFormatException(FormattableString.Invariant($"A history has at most {MaxBytes} bytes; this one has more."));
        }
        catch (HistoryFormatException exception)
        {
            throw new HistoryFormatException($"{path}: {exception.Message}", exception);
        }
    }

    /// <summary>Takes the history of an instance's present execution out of a running hub.</summary>
    /// <param name="client">The durable client of the app, of the local flavour.</param>
    /// <param name="instanceId">The instance; running or finished.</param>
    /// <exception cref="ArgumentException">There is no such instance, or the client is not that of a local hub.</exception>
    public static OrchestrationHistoryDocument Export(DurableTaskClient client, string instanceId)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        if (client is not LocalDurableTaskClient local)
            throw new ArgumentException("Histories are exported from a hub of the local runtime; the client is of another kind.", nameof(client));
        var (instance, history) = local.Engine.Queries.FindWithHistory(instanceId)
            ?? throw new ArgumentException($"An orchestration with the instanceId {instanceId} was not found.", nameof(instanceId));
        var parent = instance.Parent is { } link ? new ParentOrchestrationInstance(link.Name, link.InstanceId) : null;
        var identity = new OrchestrationIdentity(instance.InstanceId, instance.Name, instance.Version, instance.Input, parent);
        return Of(identity, history);
    }

    /// <summary>The document as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Writing);

    /// <summary>Writes the document to a file.</summary>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        File.WriteAllText(path, ToJson() + "\n");
    }

    public override string ToString() => FormattableString.Invariant($"{Name} (Id={InstanceId}, {Events.Count} events)");

    internal static OrchestrationHistoryDocument Of(OrchestrationIdentity identity, IEnumerable<HistoryEvent> history) => new()
    {
        InstanceId = identity.InstanceId,
        Name = identity.Name,
        Version = identity.Version,
        Input = identity.Input,
        Parent = identity.Parent,
        Events = [.. history.Select(OrchestrationEvent.Of)],
    };

    internal OrchestrationIdentity Identity => new(InstanceId, Name, Version, Input, Parent);

    internal List<HistoryEvent> ReadEvents() => [.. Events.Select(item => item.ToHistory())];
}
