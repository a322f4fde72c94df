using Iml4e.Assessment.Pipelines;
using Iml4e.Functions.Pipelines;
using Microsoft.Extensions.Logging;

namespace Iml4e.Functions.Retraining;

/// <summary>
/// Looks at the triggers of all pipelines, as often as the setting <c>TriggerWatchSchedule</c> says: every two seconds unless it is changed. Schedules that fall
/// due soon go to the <see cref="ScheduleClock"/>, which fires them at their times.
/// </summary>
internal sealed class TriggerFunctions(
    PipelineStore pipelines, TriggerService triggers, ScheduleClock clock, TimeProvider time, ILogger<TriggerFunctions> logger)
{
    private const int AtOnce = 8;

    [Function("TriggerWatch")]
    public async Task Watch(
        [TimerTrigger("%TriggerWatchSchedule%")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var due = await triggers.DueAsync(await pipelines.ListAsync(cancellationToken), now + ScheduleClock.Foresight, cancellationToken);
        foreach (var one in due)
        {
            if (one.At > now)
                clock.Plan(client, one.Pipeline.Name, one.At);
        }

        await Parallel.ForEachAsync(
            due.Where(one => one.At <= now && !clock.Holds(one.Pipeline.Name, one.At)).Select(one => one.Pipeline).DistinctBy(one => one.Name),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (one, token) => await LookAsync(client, one, token));
    }

    private async Task LookAsync(DurableTaskClient client, PipelineDefinition pipeline, CancellationToken cancellationToken)
    {
        try
        {
            await triggers.TickAsync(client, pipeline, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // One pipeline's trouble must not stop the others; the next look tries again.
            logger.LogError(e, "The triggers of pipeline {Pipeline} could not be looked at.", pipeline.Name);
        }
    }
}
