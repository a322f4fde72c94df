namespace Iml4e.LocalRuntime.Durable.Storage;

/// <summary>A timer that is to fire; task −1 is the start of an instance.</summary>
internal readonly record struct PendingTimer(DateTime Due, long Execution, int TaskId, string InstanceId)
{
    public const int StartTask = -1;
}
