using Iml4e.LocalRuntime.Durable;
using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.DurableTask.Client;

namespace Iml4e.Tests.Unit.Durable;

/// <summary>What becomes of running activities when the process is asked to stop.</summary>
public class ShutdownTests
{
    private readonly TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int runs;
    private int cancelled;

    [Fact]
    public async Task AtOnceCancelledAndLeftForTheNextStart()
    {
        await using var hub = await StartAsync(graceful: false);
        var stop = hub.Engine.DisposeAsync().AsTask();
        await stop.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(1, cancelled);
        await hub.ReopenAsync();
        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await hub.FinishAsync("one")).RuntimeStatus);
        Assert.Equal(2, runs);
    }

    [Fact]
    public async Task GracefullyTheyMayEndAndTheirResultIsKept()
    {
        await using var hub = await StartAsync(graceful: true);
        await hub.Engine.DisposeAsync();
        Assert.Equal(0, cancelled);
        await hub.ReopenAsync();
        Assert.Equal(1, (await hub.FinishAsync("one")).ReadOutputAs<int>());
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task GracefullyTheyAreCancelledWhenMostOfTheGracePeriodHasPassed()
    {
        await using var hub = await StartAsync(graceful: true, work: TimeSpan.FromMinutes(10), grace: TimeSpan.FromSeconds(1));
        await hub.Engine.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(1, cancelled);
    }

    // Nobody is to blame for a stop, however often it cuts an activity short.
    [Fact]
    public async Task AStopIsNoFall()
    {
        await using var hub = await StartAsync(graceful: false, work: TimeSpan.FromMinutes(10));
        for (var stop = 0; stop < 5; stop++)
        {
            await hub.Engine.DisposeAsync();
            var again = runs;
            await hub.ReopenAsync();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while (Volatile.Read(ref runs) == again)
                await Task.Delay(5, limit.Token);
        }

        Assert.Equal(6, runs);
    }

    private async Task<TestHub> StartAsync(bool graceful, TimeSpan? work = null, TimeSpan? grace = null)
    {
        var functions = new InMemoryFunctions()
            .AsyncActivity<object?>("Work", async (_, cancellation) =>
            {
                var run = Interlocked.Increment(ref runs);
                started.TrySetResult();
                try
                {
                    // Longer than it takes to ask for a stop, but for the second run.
                    await Task.Delay(work ?? TimeSpan.FromMilliseconds(run == 1 ? 500 : 1), cancellation);
                }
                catch (OperationCanceledException)
                {
                    Interlocked.Increment(ref cancelled);
                    throw;
                }

                return run;
            })
            .Orchestrator("Stop", async context => await context.CallActivityAsync<int>("Work"));
        var hub = await TestHub.OpenAsync(
            functions, settings => settings with { UseGracefulShutdown = graceful, GracePeriod = grace ?? TimeSpan.FromSeconds(30) });
        await hub.Client.ScheduleNewOrchestrationInstanceAsync("Stop", null, new StartOrchestrationOptions("one"));
        await started.Task.WaitAsync(TimeSpan.FromSeconds(60));
        return hub;
    }
}
