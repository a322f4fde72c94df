using Iml4e.LocalRuntime.Durable.Faults;
using Iml4e.LocalRuntime.Durable.Storage;

namespace Iml4e.LocalRuntime.Durable.Entities;

/// <summary>
/// One entity at work: takes what has arrived, carries out a batch of it, commits it, and only then lets its effects out. A batch grows as long as it is quick,
/// for callers are answered only when it is committed. Between batches the state may stay in memory; dropped at any time, it is read back. Of the messages that
/// wait only the first are in memory, however many there are; the others are read when their turn comes.
/// </summary>
internal sealed class EntitySession(OrchestrationEngine engine, SessionTable<EntityMessage> table, string entityId)
    : Session<EntityMessage>(engine, table, entityId, Window)
{
    private const int Window = 256;
    private static readonly TimeSpan LongBatch = TimeSpan.FromMilliseconds(200);

    private readonly OrchestrationEngine engine = engine;
    private readonly string entityId = entityId;
    private readonly LinkedList<EntityMessage> waiting = [];
    private EntityRecord? entity;
    private int batchSize = 1;

    // What has arrived up to this number is in memory; and whether something may have arrived after it that is not.
    private long through;
    private bool hasMore;

    protected override bool IsLoaded => entity is not null;

    protected override void Reset() => entity = null;

    protected override async Task WorkAsync(List<EntityMessage> messages)
    {
        if (entity is null)
            Load();
        Receive(messages);
        if (hasMore && waiting.Count < Window / 2)
            Add(engine.Store.Entities.ReadInbox(entityId, through, Window));
        var work = EntityWork.Take(waiting, entity!.Holder, batchSize);
        if (work.Consumed.Count == 0 && hasMore && entity.Holder is { } holder)
        {
            // All in memory waits for the lock to end; what ends it comes later.
            var beyond = engine.Store.Entities.ReadInboxOf(holder, entityId, through, batchSize);
            work = EntityWork.Take(new LinkedList<EntityMessage>(beyond), holder, batchSize, isComplete: false);
        }

        if (work.Consumed.Count > 0)
        {
            await CarryOutAsync(entity, work);
            GoOn();
        }
        else if (entity.State?.Length > engine.Settings.WarnPayloadBytes)
        {
            // A large state is read back rather than kept.
            entity = null;
        }
    }

    private async Task CarryOutAsync(EntityRecord before, EntityWork work)
    {
        var start = engine.Time.GetTimestamp();
        entity = await engine.Entities.CarryOutAsync(before, work);
        batchSize = engine.Time.GetElapsedTime(start) < LongBatch ? Math.Min(2 * batchSize, engine.Settings.MaxEntityBatch) : Math.Max(1, batchSize / 2);
    }

    private void Load()
    {
        engine.Crash.Pass(CrashPoint.BeforeEntityLoad);
        var loaded = engine.Store.Entities.Load(entityId, Window);
        waiting.Clear();
        if (loaded.Inbox.Count == Window)
            through = 0;
        Add(loaded.Inbox);
        entity = loaded.Entity;
    }

    /// <summary>Adds what was read of the inbox, a window of it at most.</summary>
    private void Add(IReadOnlyList<EntityMessage> read)
    {
        hasMore = read.Count == Window;
        foreach (var message in read)
        {
            waiting.AddLast(message);
            through = Math.Max(through, message.Number);
        }
    }

    private void Receive(List<EntityMessage> messages)
    {
        foreach (var message in messages)
        {
            hasMore |= waiting.Count >= Window;
            if (hasMore)
                return;
            if (message.Number <= through)
                continue;
            waiting.AddLast(message);
            through = message.Number;
        }

        hasMore |= HasMissed;
    }
}
