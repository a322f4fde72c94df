using System.Text.Json.Serialization;

namespace Iml4e.LocalRuntime.Testing.Replay;

/// <summary>The JSON of recorded histories: indented, so that a change shows line by line; nothing is read that is not written.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(OrchestrationHistoryDocument))]
internal sealed partial class HistoryDocumentJson : JsonSerializerContext;
