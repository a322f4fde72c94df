namespace Iml4e.LocalRuntime.Durable.Faults;

/// <summary>The note that something runs, from when it is made until it is disposed of.</summary>
internal sealed class RunningSlot(RunningWorkJournal journal, RunningWork work) : IDisposable
{
    private readonly int slot = journal.Enter(work);

    /// <summary>Other work goes on in its place.</summary>
    public void Switch(RunningWork next) => journal.Switch(slot, next);

    public void Dispose() => journal.Leave(slot);
}
