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
        next = next < now + LongestWait ? next : now + LongestWait;
        var foreseen = triggers.Foreseen(next);
        var firing = LookAsync(client, foreseen, cancellationToken);
        try
        {
            var due = await triggers.DueAsync(await pipelines.ListAsync(cancellationToken), next, cancellationToken);
            var known = foreseen.Select(one => (one.Pipeline.Name, one.At)).ToHashSet();
            await LookAsync(client, [.. due.Where(one => !known.Contains((one.Pipeline.Name, one.At)))], cancellationToken);
        }
        finally
        {
            await firing;
        }
    }

    private Task LookAsync(DurableTaskClient client, IReadOnlyList<DuePipeline> due, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(
            due, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (one, token) => await LookAsync(client, one, token));

    private async Task LookAsync(DurableTaskClient client, DuePipeline due, CancellationToken cancellationToken)
    {
        if (due.At - time.GetUtcNow() is { Ticks: > 0 } early)
            await Task.Delay(early, time, cancellationToken);
        try
        {
            // What was waited for may have been changed or removed meanwhile.
            var pipeline = due.At == DateTimeOffset.MinValue ? due.Pipeline : await pipelines.FindAsync(due.Pipeline.Name, cancellationToken);
            if (pipeline is not null)
                await triggers.TickAsync(client, pipeline, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // One pipeline's trouble must not stop the others; the next look tries again.
            logger.LogError(e, "The triggers of pipeline {Pipeline} could not be looked at.", due.Pipeline.Name);
        }
    }
}
