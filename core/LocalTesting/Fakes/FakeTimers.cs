namespace Iml4e.LocalRuntime.Testing.Fakes;

/// <summary>The clock of a fake context and the timers that wait for it.</summary>
internal sealed class FakeTimers
{
    private readonly List<(DateTime Due, TaskCompletionSource Source)> pending = [];
    private readonly List<DateTime> due = [];

    public DateTime Now { get; private set; } = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public bool FireAtOnce { get; set; } = true;

    public IReadOnlyList<DateTime> Due => due;

    public Task SetAsync(DateTime fireAt, CancellationToken cancellationToken)
    {
        var utc = fireAt.Kind == DateTimeKind.Local ? fireAt.ToUniversalTime() : DateTime.SpecifyKind(fireAt, DateTimeKind.Utc);
        due.Add(utc);
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled(cancellationToken);
        if (FireAtOnce || utc <= Now)
        {
            AdvanceTo(utc);
            return Task.CompletedTask;
        }

        var source = new TaskCompletionSource();
        pending.Add((utc, source));
        cancellationToken.Register(() =>
        {
            pending.RemoveAll(timer => timer.Source == source);
            source.TrySetCanceled(cancellationToken);
        });
        return source.Task;
    }

    /// <summary>Moves the clock on, timer by timer.</summary>
    public void AdvanceTo(DateTime utcTime)
    {
        while (pending.Count > 0 && pending.MinBy(timer => timer.Due) is var next && next.Due <= utcTime)
        {
            pending.Remove(next);
            Now = next.Due > Now ? next.Due : Now;
            next.Source.TrySetResult();
        }

        Now = utcTime > Now ? utcTime : Now;
    }
}
