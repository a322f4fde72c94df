using Iml4e.LocalRuntime.Durable.History;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.Testing.Scripts;

namespace Iml4e.LocalRuntime.Testing.Simulation;

/// <summary>The entities of a simulation: operations are answered from scripts, and locks are given to one orchestration after the other.</summary>
/// <param name="harness">Has the scripts and the clock.</param>
/// <param name="scripts">Runs the scripts.</param>
/// <param name="answer">Has an answer arrive at a caller at a time.</param>
/// <param name="at">Has something done at a time.</param>
internal sealed class EntitySimulation(
    OrchestrationHarness harness, ScriptRunner scripts, Action<DateTimeOffset, CallerLink, HistoryEvent> answer, Action<DateTimeOffset, Func<Task>> at)
{
    private readonly Dictionary<string, CallerLink> holders = new(StringComparer.Ordinal);
    private readonly LinkedList<EntityMessage> waiting = [];

    /// <summary>The name of a script: the entity's name, or its id, and the operation.</summary>
    public static string Key(string entity, string operation) => $"{entity}.{operation}";

    /// <summary>Takes what an orchestration asks of an entity; false when nothing answers it.</summary>
    public async Task<bool> ReceiveAsync(EntityMessage message)
    {
        switch (message.Kind)
        {
            case EntityRequestKind.Call:
                return await CallAsync(message);
            case EntityRequestKind.Signal:
                if (Find(message) is { } script)
                    at(Later(message.Due), () => scripts.RunAsync(script, scripts.Input(message.Input), "signal of " + message.EntityId));
                break;
            case EntityRequestKind.Lock:
                waiting.AddLast(message);
                Grant();
                break;
            case EntityRequestKind.Unlock when holders.GetValueOrDefault(message.EntityId) == message.Caller:
                holders.Remove(message.EntityId);
                Grant();
                break;
        }

        return true;
    }

    /// <summary>Takes back the locks of an execution that has ended, and its requests.</summary>
    public void Release(long execution)
    {
        foreach (var (entity, holder) in holders.ToList())
        {
            if (holder.Execution == execution)
                holders.Remove(entity);
        }

        for (var node = waiting.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.Caller!.Execution == execution)
                waiting.Remove(node);
            node = next;
        }

        Grant();
    }

    private async Task<bool> CallAsync(EntityMessage call)
    {
        if (Find(call) is not { } script)
            return false;
        var what = $"result of '{call.Operation}' of entity '{call.EntityId}'";
        if (await scripts.RunAsync(script, scripts.Input(call.Input), what) is (var due, var json, var failure))
            answer(due, call.Caller!, Answer(call) with { Result = json, Failure = failure });
        return true;
    }

    private CallScript? Find(EntityMessage message)
    {
        var input = scripts.Input(message.Input);
        return harness.Entities.Find(Key(message.EntityId, message.Operation!), input)
            ?? harness.Entities.Find(Key(EntityInstanceId.FromString(message.EntityId).Name, message.Operation!), input);
    }

    /// <summary>Gives the locks to those who have waited longest for them.</summary>
    private void Grant()
    {
        for (var node = waiting.First; node is not null;)
        {
            var next = node.Next;
            var (request, caller) = (node.Value, node.Value.Caller!);
            if (!request.LockSet!.Any(holders.ContainsKey))
            {
                waiting.Remove(node);
                foreach (var entity in request.LockSet!)
                    holders.Add(entity, caller);
                answer(harness.Time.GetUtcNow(), caller, Answer(request));
            }

            node = next;
        }
    }

    private static HistoryEvent Answer(EntityMessage asked) =>
        new(HistoryEventKind.EventRaised, default) { TaskId = asked.Caller!.TaskId, Name = asked.Operation };

    private DateTimeOffset Later(DateTime? due)
    {
        var now = harness.Time.GetUtcNow();
        return due is { } time && time > now.UtcDateTime ? new DateTimeOffset(time) : now;
    }
}
