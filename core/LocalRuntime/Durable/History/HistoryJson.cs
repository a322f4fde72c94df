using System.Text.Json;
using System.Text.Json.Serialization;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.Durable.Tracing;
using Iml4e.LocalRuntime.DurableTask;

namespace Iml4e.LocalRuntime.Durable.History;

/// <summary>The text form of what the store keeps.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HistoryEvent))]
[JsonSerializable(typeof(List<HistoryEvent>))]
[JsonSerializable(typeof(TaskFailureDetails))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(List<string>))]
[JsonSerializable(typeof(RecordedWaits))]
[JsonSerializable(typeof(OrchestrationTrace))]
internal sealed partial class HistoryJson : JsonSerializerContext
{
    public static string Write(HistoryEvent value) => JsonSerializer.Serialize(value, Default.HistoryEvent);

    public static HistoryEvent ReadEvent(string json) => JsonSerializer.Deserialize(json, Default.HistoryEvent)
        ?? throw new InvalidDataException("A history event is null.");

    public static string? Write(TaskFailureDetails? value) => value is null ? null : JsonSerializer.Serialize(value, Default.TaskFailureDetails);

    public static TaskFailureDetails? ReadFailure(string? json) => json is null ? null : JsonSerializer.Deserialize(json, Default.TaskFailureDetails);

    public static string? Write(IReadOnlyList<HistoryEvent>? value) =>
        value is null or { Count: 0 } ? null : JsonSerializer.Serialize([.. value], Default.ListHistoryEvent);

    public static List<HistoryEvent> ReadEvents(string? json) => json is null ? [] : JsonSerializer.Deserialize(json, Default.ListHistoryEvent) ?? [];

    public static string? Write(RecordedWaits? waits) => waits is null ? null : JsonSerializer.Serialize(waits, Default.RecordedWaits);

    public static RecordedWaits? ReadWaits(string? json) => json is null ? null : JsonSerializer.Deserialize(json, Default.RecordedWaits);

    public static string? Write(OrchestrationTrace? trace) => trace is null ? null : JsonSerializer.Serialize(trace, Default.OrchestrationTrace);

    public static OrchestrationTrace? ReadTrace(string? json) => json is null ? null : JsonSerializer.Deserialize(json, Default.OrchestrationTrace);

    public static string? Write(IReadOnlyDictionary<string, string>? tags) =>
        tags is null or { Count: 0 } ? null : JsonSerializer.Serialize(new Dictionary<string, string>(tags), Default.DictionaryStringString);

    public static string? Write(IReadOnlyList<string>? names) => names is null ? null : JsonSerializer.Serialize([.. names], Default.ListString);

    public static List<string>? ReadNames(string? json) => json is null ? null : JsonSerializer.Deserialize(json, Default.ListString);

    public static Dictionary<string, string> ReadTags(string? json) =>
        json is null ? [] : JsonSerializer.Deserialize(json, Default.DictionaryStringString) ?? [];
}
