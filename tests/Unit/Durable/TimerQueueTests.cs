using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.Durable.Storage;
using Iml4e.LocalRuntime.Testing;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>Timers fire in order, at their time, and no faster than there is room.</summary>
public class TimerQueueTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly VirtualTime time = new(Start);

    [Fact]
    public void TimersFireInOrderOfTheirTimeAndNotBefore()
    {
        var fired = new List<int>();
        using var timers = new TimerQueue(time, timer => fired.Add(timer.TaskId), () => true);
        foreach (var seconds in new[] { 5, 1, 3, 2, 4 })
            timers.Add(Timer(seconds, seconds));
        time.MoveTo(Start.AddSeconds(2.5));
        Assert.Equal([1, 2], fired);
        time.MoveTo(Start.AddSeconds(10));
        Assert.Equal([1, 2, 3, 4, 5], fired);
        Assert.Equal(0, timers.Count);
    }

    [Fact]
    public void ACancelledTimerDoesNotFire()
    {
        var fired = new List<int>();
        using var timers = new TimerQueue(time, timer => fired.Add(timer.TaskId), () => true);
        timers.Add(Timer(1, 1));
        timers.Add(Timer(2, 1));
        timers.Cancel(1, 1);
        time.MoveTo(Start.AddSeconds(1));
        Assert.Equal([2], fired);
    }

    [Fact]
    public async Task AFloodWaitsForRoom()
    {
        var working = 0;
        var most = 0;
        var total = 0;
        TimerQueue? timers = null;
        var gauge = new SessionGauge(1000, () => timers!.RoomAgain());
        using var queue = timers = new TimerQueue(
            time,
            _ =>
            {
                gauge.Enter();
                most = Math.Max(most, Interlocked.Increment(ref working));
                Interlocked.Increment(ref total);
            },
            () => gauge.HasRoom);
        for (var i = 0; i < 20_000; i++)
            timers.Add(Timer(i, 1));
        time.MoveTo(Start.AddSeconds(1));
        var deadline = DateTime.UtcNow.AddSeconds(30);
        while (total < 20_000 && DateTime.UtcNow < deadline)
        {
            while (Volatile.Read(ref working) > 0)
            {
                Interlocked.Decrement(ref working);
                gauge.Leave();
            }

            await Task.Yield();
        }

        Assert.Equal(20_000, total);
        Assert.InRange(most, 1000, 2000);
    }

    private PendingTimer Timer(int task, int seconds) => new(Start.UtcDateTime.AddSeconds(seconds), 1, task, "instance");
}
