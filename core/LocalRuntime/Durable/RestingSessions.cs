namespace Iml4e.LocalRuntime.Durable;

/// <summary>Sessions that wait with their running code or their state in memory; when there are too many, the one that has waited longest is closed.</summary>
internal sealed class RestingSessions(int capacity)
{
    private readonly Lock gate = new();
    private readonly LinkedList<IRestingSession> resting = [];

    public void Add(IRestingSession session)
    {
        List<IRestingSession> surplus = [];
        lock (gate)
        {
            if (session.RestingNode is null)
                session.RestingNode = resting.AddLast(session);
            while (resting.Count > capacity)
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
                candidate.Closed();
        }
    }

    public void Remove(IRestingSession session)
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
}
