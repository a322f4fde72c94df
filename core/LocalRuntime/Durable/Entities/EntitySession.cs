using Iml4e.LocalRuntime.Durable.Faults;
using Iml4e.LocalRuntime.Durable.Storage;

namespace Iml4e.LocalRuntime.Durable.Entities;

/// <summary>
/// One entity at work: takes what has arrived, carries out a batch of it, commits it, and only then lets its effects out. A batch grows as long as it is quick,
/// for callers are answered only when it is committed. Between batches the state may stay in memory; dropped at any time, it is read back.
/// </summary>
internal sealed class EntitySession(OrchestrationEngine engine, SessionTable<EntityMessage> table, string entityId)
    : Session<EntityMessage>(engine, table, entityId)
{
    private static readonly TimeSpan LongBatch = TimeSpan.FromMilliseconds(200);

    private readonly OrchestrationEngine engine = engine;
    private readonly string entityId = entityId;
    private readonly LinkedList<EntityMessage> waiting = [];
    private EntityRecord? entity;
    private long lastNumber;
    private int batchSize = 1;

    protected override bool IsLoaded => entity is not null;

    protected override void Reset() => entity = null;

    protected override async Task WorkAsync(List<EntityMessage> messages)
    {
        if (entity is null)
            Load();
        Receive(messages.Where(message => message.Number > lastNumber).ToList());
        var work = EntityWork.Take(waiting, entity!.Holder, batchSize);
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
        var loaded = engine.Store.Entities.Load(entityId);
        waiting.Clear();
        Receive(loaded.Inbox);
        entity = loaded.Entity;
    }

    private void Receive(IEnumerable<EntityMessage> messages)
    {
        foreach (var message in messages)
        {
            waiting.AddLast(message);
            lastNumber = Math.Max(lastNumber, message.Number);
        }
    }
}
