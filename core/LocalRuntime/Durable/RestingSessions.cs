namespace Iml4e.LocalRuntime.Durable;

/// <summary>Sessions that wait with their running code in memory; when there are too many, the one that has waited longest is closed.</summary>
internal sealed class RestingSessions(int capacity, Action<OrchestrationSession> closed)
{
    private readonly Lock gate = new();
    private readonly LinkedList<OrchestrationSession> resting = [];

    public void Add(OrchestrationSession session)
    {
        List<OrchestrationSession> surplus = [];
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
                closed(candidate);
        }
    }

    public void Remove(OrchestrationSession session)
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
