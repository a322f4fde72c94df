using Iml4e.Functions.Pipelines;
using Microsoft.Extensions.Logging;

namespace Iml4e.Functions.Retraining;

/// <summary>Looks at the triggers of all pipelines, as often as the setting <c>TriggerWatchSchedule</c> says: every two seconds unless it is changed.</summary>
internal sealed class TriggerFunctions(PipelineStore pipelines, TriggerService triggers, ILogger<TriggerFunctions> logger)
{
    [Function("TriggerWatch")]
    public async Task Watch(
        [TimerTrigger("%TriggerWatchSchedule%")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        foreach (var pipeline in await triggers.DueAsync(await pipelines.ListAsync(cancellationToken), cancellationToken))
        {
            try
            {
                await triggers.TickAsync(client, pipeline, cancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // One pipeline's trouble must not stop the others; the next tick tries again.
                logger.LogError(e, "The triggers of pipeline {Pipeline} could not be looked at.", pipeline.Name);
            }
        }
    }
}
