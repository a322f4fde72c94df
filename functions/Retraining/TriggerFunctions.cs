using Iml4e.Functions.Pipelines;
using Microsoft.Extensions.Logging;

namespace Iml4e.Functions.Retraining;

/// <summary>
/// Looks at the triggers of all pipelines, as often as the setting <c>TriggerWatchSchedule</c> says: every two seconds unless it is changed. A schedule that
/// falls due between two looks is waited for, so that it fires at its time and not at the next look.
/// </summary>
internal sealed class TriggerFunctions(PipelineStore pipelines, TriggerService triggers, TimeProvider time, ILogger<TriggerFunctions> logger)
{
    private const int AtOnce = 8;
    private static readonly TimeSpan UsualLook = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    [Function("TriggerWatch")]
    public async Task Watch(
        [TimerTrigger("%TriggerWatchSchedule%")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var next = timer.ScheduleStatus is { } status && new DateTimeOffset(status.Next.ToUniversalTime()) is var told && told > now ? told : now + UsualLook;
        var due = await triggers.DueAsync(await pipelines.ListAsync(cancellationToken), next < now + LongestWait ? next : now + LongestWait, cancellationToken);
        await Parallel.ForEachAsync(
            due, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (one, token) => await LookAsync(client, one, token));
    }

    private async Task LookAsync(DurableTaskClient client, DuePipeline due, CancellationToken cancellationToken)
    {
        if (due.At - time.GetUtcNow() is { Ticks: > 0 } early)
            await Task.Delay(early, time, cancellationToken);
        try
        {
            await triggers.TickAsync(client, due.Pipeline, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // One pipeline's trouble must not stop the others; the next look tries again.
            logger.LogError(e, "The triggers of pipeline {Pipeline} could not be looked at.", due.Pipeline.Name);
        }
    }
}
