namespace Iml4e.LocalRuntime.Durable.Faults;

/// <summary>Code of the app that is, or was, running.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Number">The execution of the orchestration; the row of an operation's message.</param>
/// <param name="Part">The number of the activity's call, or of the turn; 0 for an operation.</param>
internal readonly record struct RunningWork(RunningWorkKind Kind, long Number, int Part)
{
    public static RunningWork OfActivity(long execution, int taskId) => new(RunningWorkKind.Activity, execution, taskId);

    public static RunningWork OfOperation(long message) => new(RunningWorkKind.Operation, message, 0);

    public static RunningWork OfTurn(long execution, int turn) => new(RunningWorkKind.Turn, execution, turn);
}
