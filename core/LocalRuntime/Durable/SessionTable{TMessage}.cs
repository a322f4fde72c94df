using System.Collections.Concurrent;

namespace Iml4e.LocalRuntime.Durable;

/// <summary>
/// The sessions of one kind by their ids, made as they are needed. When too many rest with something in memory, the one that has rested longest is closed.
/// </summary>
/// <param name="maxResting">How many may rest.</param>
/// <param name="create">Makes the session of an id.</param>
internal sealed class SessionTable<TMessage>(int maxResting, Func<SessionTable<TMessage>, string, Session<TMessage>> create)
    where TMessage : class
{
    private readonly ConcurrentDictionary<string, Session<TMessage>> sessions = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private readonly LinkedList<Session<TMessage>> resting = [];

    /// <summary>Hands over a message, or has the session of that id read its rows anew.</summary>
    public void Post(string id, TMessage? message)
    {
        while (!sessions.GetOrAdd(id, static (id, table) => table.Create(id), this).Post(message))
        {
            // The session was closed between the look-up and the call; a new one takes its place.
            Thread.Yield();
        }
    }

    public void Remove(Session<TMessage> session) => sessions.TryRemove(KeyValuePair.Create(session.Id, session));

    /// <summary>Notes that a session rests.</summary>
    public void Rest(Session<TMessage> session)
    {
        List<Session<TMessage>> surplus = [];
        lock (gate)
        {
            session.RestingNode ??= resting.AddLast(session);
            while (resting.Count > maxResting)
            {
                var oldest = resting.First!.Value;
                resting.RemoveFirst();
                oldest.RestingNode = null;
                surplus.Add(oldest);
            }
        }

        foreach (var candidate in surplus)
        {
            if (candidate.TryClose())
                Remove(candidate);
        }
    }

    /// <summary>Notes that a session rests no more.</summary>
    public void Rouse(Session<TMessage> session)
    {
        lock (gate)
        {
            if (session.RestingNode is { } node)
            {
                resting.Remove(node);
                session.RestingNode = null;
            }
        }
    }

    private Session<TMessage> Create(string id) => create(this, id);
}
