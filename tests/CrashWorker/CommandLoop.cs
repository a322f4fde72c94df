using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.CrashWorker;

/// <summary>
/// Does what its parent says, a line at a time: <c>NUMBER start INSTANCE NAME INPUT</c>, <c>NUMBER event INSTANCE NAME PAYLOAD</c>, <c>NUMBER open</c>. Each is
/// answered by its number and <c>ok</c> once it is on the disk; <c>open</c> by the number of instances that have not finished, at most a hundred. Ends in order
/// at the end of the input.
/// </summary>
internal sealed class CommandLoop(LocalDurableTaskClient client, TextReader input, TextWriter output)
{
    private static readonly OrchestrationRuntimeStatus[] Any =
    [
        OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended,
        OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated,
    ];

    private readonly Lock gate = new();

    public async Task RunAsync()
    {
        Answer("ready");
        while (await input.ReadLineAsync() is { } line)
            _ = ObeyAsync(line.Split(' ', 5));
    }

    private async Task ObeyAsync(string[] words)
    {
        try
        {
            switch (words)
            {
                case [var number, "start", var instance, var name, var json]:
                    await StartAsync(instance, name, json);
                    Answer(number + " ok");
                    break;
                case [var number, "event", var instance, var name, var json]:
                    await client.RaiseJsonAsync(instance, name, json);
                    Answer(number + " ok");
                    break;
                case [var number, "open"]:
                    Answer($"{number} ok {await CountOpenAsync()}");
                    break;
                default:
                    Answer($"{words[0]} error not understood");
                    break;
            }
        }
        catch (Exception exception)
        {
            Answer($"{words[0]} error {exception.GetType().Name}: {exception.Message.ReplaceLineEndings(" ")}");
        }
    }

    // A start whose answer was lost is asked for again: one of any status, finished even, answers it.
    private async Task StartAsync(string instance, string name, string json)
    {
        try
        {
            await client.StartAsync(instance, name, json, new StartOrchestrationOptions().WithDedupeStatuses(Any));
        }
        catch (InvalidOperationException exception) when (exception.Message.Contains("already exists", StringComparison.Ordinal))
        {
            return;
        }
    }

    private async Task<int> CountOpenAsync()
    {
        var open = new OrchestrationQuery { Statuses = [OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running] };
        await foreach (var page in client.GetAllInstancesAsync(open).AsPages())
            return page.Values.Count;
        return 0;
    }

    private void Answer(string line)
    {
        lock (gate)
        {
            output.WriteLine(line);
            output.Flush();
        }
    }
}
