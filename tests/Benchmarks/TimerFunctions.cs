using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.DurableTask;

namespace Iml4e.Benchmarks;

/// <summary>An orchestrator that waits for one timer and notes how late its code went on.</summary>
internal sealed class TimerFunctions(TimeProvider time) : IDurableFunctionInvoker
{
    public const string Wait = "Wait";

    private readonly Lock gate = new();
    private readonly List<double> late = [];

    /// <summary>Milliseconds from a timer's due time until the code behind it ran, one for each that ran since the last call.</summary>
    public List<double> TakeLateness()
    {
        lock (gate)
        {
            List<double> taken = [.. late];
            late.Clear();
            return taken;
        }
    }

    public int Ran
    {
        get
        {
            lock (gate)
                return late.Count;
        }
    }

    public bool HasOrchestrator(string name) => name == Wait;

    public bool HasActivity(string name) => false;

    public async Task<object?> RunOrchestratorAsync(string name, TaskOrchestrationContext context, string? inputJson)
    {
        var due = context.GetInput<DateTime>();
        await context.CreateTimer(due, CancellationToken.None);
        var lateness = (time.GetUtcNow().UtcDateTime - due).TotalMilliseconds;
        lock (gate)
            late.Add(lateness);
        return null;
    }

    public Task<object?> RunActivityAsync(string name, TaskActivityContext context, string? inputJson, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("There are no activities.");
}
