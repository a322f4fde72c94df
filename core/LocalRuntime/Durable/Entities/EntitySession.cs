using Iml4e.LocalRuntime.Durable.Faults;
using Iml4e.LocalRuntime.Durable.Storage;

namespace Iml4e.LocalRuntime.Durable.Entities;

/// <summary>
/// One entity at work: takes what has arrived, carries out a batch of it, commits it, and only then lets its effects out. One batch is under way
/// at a time; it grows as long as it is quick, for callers are answered only when it is committed. Between batches the state may stay in memory;
/// dropped at any time, it is read back.
/// </summary>
internal sealed class EntitySession(OrchestrationEngine engine, string entityId) : IRestingSession
{
    private static readonly TimeSpan LongBatch = TimeSpan.FromMilliseconds(200);

    private readonly Lock gate = new();
    private List<EntityMessage> arrived = [];
    private bool scheduled;
    private bool removed;

    // The fields below belong to the loop.
    private readonly LinkedList<EntityMessage> waiting = [];
    private EntityRecord? entity;
    private long lastNumber;
    private int batchSize = 1;

    public string EntityId => entityId;

    public LinkedListNode<IRestingSession>? RestingNode { get; set; }

    /// <summary>Hands over a message, or only wakes the session up; false when it is closed and another must take its place.</summary>
    public bool Post(EntityMessage? message)
    {
        lock (gate)
        {
            if (removed)
                return false;
            if (message is not null)
                arrived.Add(message);
            if (scheduled)
                return true;
            scheduled = true;
        }

        engine.Working.Enter();
        engine.Entities.Rouse(this);
        ThreadPool.UnsafeQueueUserWorkItem(static session => _ = session.LoopAsync(), this, preferLocal: false);
        return true;
    }

    public bool TryClose()
    {
        lock (gate)
        {
            if (scheduled || removed)
                return false;
            removed = true;
        }

        return true;
    }

    public void Closed() => engine.Entities.Remove(this);

    private async Task LoopAsync()
    {
        while (true)
        {
            try
            {
                Receive();
                var work = EntityWork.Take(waiting, entity!.Holder, batchSize);
                if (work.Consumed.Count > 0)
                    await CarryOutAsync(entity, work);
                else if (TryRest())
                    return;
            }
            catch (Exception exception) when (exception is EngineAbandonedException or OperationCanceledException)
            {
                return;
            }
            catch (Exception exception)
            {
                engine.LogSessionFailed(exception, entityId);
                entity = null;
                if (!await engine.PauseAfterErrorAsync())
                    return;
            }
        }
    }

    private async Task CarryOutAsync(EntityRecord before, EntityWork work)
    {
        var start = engine.Time.GetTimestamp();
        entity = await engine.Entities.CarryOutAsync(before, work);
        batchSize = engine.Time.GetElapsedTime(start) < LongBatch ? Math.Min(2 * batchSize, engine.Settings.MaxEntityBatch) : Math.Max(1, batchSize / 2);
    }

    private bool TryRest()
    {
        // A large state is read back rather than kept.
        if (entity?.State?.Length > engine.Settings.WarnPayloadBytes)
            entity = null;
        lock (gate)
        {
            if (arrived.Count > 0)
                return false;
            scheduled = false;
        }

        engine.Entities.Rest(this);
        engine.Working.Leave();
        return true;
    }

    private void Receive()
    {
        if (entity is null)
        {
            engine.Crash.Pass(CrashPoint.BeforeEntityLoad);
            var loaded = engine.Store.Entities.Load(entityId);
            waiting.Clear();
            Receive(loaded.Inbox);
            entity = loaded.Entity;
        }

        List<EntityMessage> messages;
        lock (gate)
        {
            messages = arrived;
            arrived = [];
        }

        Receive(messages.Where(message => message.Number > lastNumber).ToList());
    }

    private void Receive(IReadOnlyList<EntityMessage> messages)
    {
        foreach (var message in messages)
        {
            waiting.AddLast(message);
            lastNumber = Math.Max(lastNumber, message.Number);
        }
    }
}
