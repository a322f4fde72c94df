namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>A timer that is to fire; task −1 is the start of an instance, task −2 the arrival of a signal at an entity.</summary>
internal readonly record struct PendingTimer(DateTime Due, long Execution, int TaskId, string InstanceId)
{
    public const int StartTask = -1;
    public const int SignalTask = -2;

    /// <summary>The timer of a signal; its row stands in the execution's place.</summary>
    public static PendingTimer OfSignal(DateTime due, long number, string entityId) => new(due, number, SignalTask, entityId);
}
