using System.Text;
using Iml4e.LocalRuntime.Durable.Faults;

namespace Iml4e.CrashWorker;

/// <summary>
/// A line for each beginning (+) and end (-) of an activity: sign, execution, task, name. One file a life, appended to with one write a line, so that
/// what is written is there after a kill.
/// </summary>
internal sealed class ExecutionLog(string folder, int life) : IDisposable
{
    private readonly Lock gate = new();
    private readonly FileStream file = new(
        Path.Combine(folder, FormattableString.Invariant($"executions-{life}.log")), FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);

    public void Begin(RunningWork call, string name) => Write('+', call, name);

    public void End(RunningWork call, string name) => Write('-', call, name);

    public void Dispose() => file.Dispose();

    private void Write(char sign, RunningWork call, string name)
    {
        var line = Encoding.ASCII.GetBytes(FormattableString.Invariant($"{sign} {call.Number} {call.Part} {name}\n"));
        lock (gate)
            file.Write(line);
    }
}
