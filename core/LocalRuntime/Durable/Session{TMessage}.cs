using Iml4e.LocalRuntime.Durable.Faults;

namespace Iml4e.LocalRuntime.Durable;

/// <summary>
/// An instance or an entity at work: takes what has arrived, deals with it, and rests when nothing is left to do. One piece of work is under way at a
/// time; what arrives meanwhile goes together into the next. At rest something may stay in memory; dropped at any time, it is read back.
/// </summary>
/// <param name="engine">The hub's engine.</param>
/// <param name="table">Where the session is found by its id.</param>
/// <param name="id">The id of the instance or of the entity.</param>
/// <param name="capacity">How many messages are kept until they are dealt with; what arrives beyond must be read from its rows.</param>
internal abstract class Session<TMessage>(OrchestrationEngine engine, SessionTable<TMessage> table, string id, int capacity)
    where TMessage : class
{
    private readonly Lock gate = new();
    private List<TMessage> arrived = [];
    private bool missed;
    private bool scheduled;
    private bool again;
    private bool reload;
    private bool removed;

    public string Id => id;

    /// <summary>Where the session stands among those at rest; kept by the table.</summary>
    public LinkedListNode<Session<TMessage>>? RestingNode { get; set; }

    /// <summary>Whether messages that arrived after those that are to be dealt with now were not kept.</summary>
    protected bool HasMissed { get; private set; }

    /// <summary>Whether it would have to be read back if it were dropped now.</summary>
    protected abstract bool IsLoaded { get; }

    /// <summary>Hands over a message, or has the session read its rows anew; false when it is closed and another must take its place.</summary>
    public bool Post(TMessage? message)
    {
        lock (gate)
        {
            if (removed)
                return false;
            if (message is null)
                reload = true;
            else if (arrived.Count < capacity)
                arrived.Add(message);
            else
                missed = true;
            if (scheduled)
                return true;
            scheduled = true;
        }

        engine.Working.Enter();
        table.Rouse(this);
        ThreadPool.UnsafeQueueUserWorkItem(static session => _ = session.LoopAsync(), this, preferLocal: false);
        return true;
    }

    /// <summary>Closes the session if it rests; it gives up what it keeps.</summary>
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

    /// <summary>Deals with what has arrived, as far as can be done at once.</summary>
    /// <exception cref="EngineAbandonedException">The engine has stopped.</exception>
    protected abstract Task WorkAsync(List<TMessage> messages);

    /// <summary>Drops what is in memory; it is read back.</summary>
    protected abstract void Reset();

    /// <summary>There is more to do, whether anything arrives or not.</summary>
    protected void GoOn()
    {
        lock (gate)
            again = true;
    }

    private async Task LoopAsync()
    {
        List<TMessage>? messages = null;
        while (true)
        {
            try
            {
                if (!Take(out messages))
                    return;
                await WorkAsync(messages);
            }
            catch (EngineAbandonedException)
            {
                engine.Working.Leave();
                return;
            }
            catch (Exception exception)
            {
                engine.LogSessionFailed(exception, id);
                Reset();
                lock (gate)
                {
                    arrived.InsertRange(0, messages ?? []);
                    again = true;
                }

                if (!await engine.PauseAfterErrorAsync())
                {
                    engine.Working.Leave();
                    return;
                }
            }
        }
    }

    private bool Take(out List<TMessage> messages)
    {
        bool closed;
        lock (gate)
        {
            messages = arrived;
            if (arrived.Count > 0 || again || reload)
            {
                if (reload)
                    Reset();
                arrived = [];
                HasMissed = missed;
                again = reload = missed = false;
                return true;
            }

            scheduled = false;
            closed = removed = !IsLoaded;
        }

        if (closed)
            table.Remove(this);
        else
            table.Rest(this);
        engine.Working.Leave();
        return false;
    }
}
