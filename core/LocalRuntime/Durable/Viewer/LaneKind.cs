using System.Text.Json.Serialization;

namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>What a lane of the timeline is about.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LaneKind>))]
internal enum LaneKind
{
    Activity,
    SubOrchestration,
    Timer,
}
