using System.Text.Json.Serialization;

namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>What sort of thing an instance waits for.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<WaitKind>))]
internal enum WaitKind
{
    Activity,
    SubOrchestration,
    Timer,

    /// <summary>The pause before the next try of a call.</summary>
    Retry,

    Event,

    /// <summary>The answer of an entity, or its lock.</summary>
    Entity,

    /// <summary>The time at which it is to begin.</summary>
    Start,

    /// <summary>That someone resumes it.</summary>
    Resume,

    /// <summary>The orchestrator's next turn.</summary>
    Turn,

    /// <summary>A host that knows its orchestrator or runs its version.</summary>
    Host,
}
