using System.Text.Json.Serialization;

namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>What a lane of the timeline is about.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LaneKind>))]
internal enum LaneKind
{
    Activity,
    SubOrchestration,
    Timer,

    /// <summary>An operation of an entity that is called, or the lock of some.</summary>
    Entity,
}
