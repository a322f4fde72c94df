using System.Text.Json.Serialization;

namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>Where a try of a call stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AttemptStatus>))]
internal enum AttemptStatus
{
    /// <summary>Called; it has not ended.</summary>
    Open,

    /// <summary>Ended well; of a timer: fired.</summary>
    Completed,

    Failed,

    /// <summary>Ended, but the orchestrator has not taken note yet, because it is suspended or about to.</summary>
    Arrived,

    /// <summary>A timer that the orchestrator has given up, or a call that the end of the orchestration has overtaken.</summary>
    Dropped,
}
