using Iml4e.LocalRuntime.DurableTask;

namespace Iml4e.LocalRuntime.Durable.Orchestrations;

/// <summary>Tries a durable call again and again, with durable timers between.</summary>
internal static class RetryLoop
{
    public static Task<T> RunAsync<T>(TaskOrchestrationContext context, TaskRetryOptions? options, Func<Task<T>> call) => options switch
    {
        { Policy: { } policy } => ByPolicyAsync(context, policy, call),
        { Handler: { } handler } => ByHandlerAsync(context, handler, call),
        _ => call(),
    };

    /// <summary>The delay before attempt <paramref name="retry"/> + 2, or null when there is to be none.</summary>
    public static TimeSpan? Delay(RetryPolicy policy, int retry, DateTime firstAttempt, DateTime now)
    {
        if (policy.RetryTimeout != Timeout.InfiniteTimeSpan && policy.RetryTimeout != TimeSpan.MaxValue && now >= firstAttempt + policy.RetryTimeout)
            return null;
        var max = policy.MaxRetryInterval == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : policy.MaxRetryInterval;
        var milliseconds = policy.FirstRetryInterval.TotalMilliseconds * Math.Pow(policy.BackoffCoefficient, retry);
        return milliseconds < max.TotalMilliseconds ? TimeSpan.FromMilliseconds(milliseconds) : max;
    }

    private static async Task<T> ByPolicyAsync<T>(TaskOrchestrationContext context, RetryPolicy policy, Func<Task<T>> call)
    {
        var firstAttempt = context.CurrentUtcDateTime;
        for (var retry = 0; ; retry++)
        {
            try
            {
                return await call();
            }
            catch (TaskFailedException failed)
            {
                var last = retry + 1 >= policy.MaxNumberOfAttempts;
                if (FailureTypes.NonRetriable.Contains(failed.FailureDetails.ErrorType)
                    || !await WantsRetryAsync(policy, failed)
                    || Delay(policy, retry, firstAttempt, context.CurrentUtcDateTime) is not { } delay)
                {
                    throw;
                }

                // Durable Functions sets a timer after the last attempt too; it is due at once.
                await context.CreateTimer(last ? context.CurrentUtcDateTime : context.CurrentUtcDateTime + delay, CancellationToken.None);
                if (last)
                    throw;
            }
        }
    }

    private static async Task<bool> WantsRetryAsync(RetryPolicy policy, TaskFailedException failed)
    {
        try
        {
            return await policy.HandleAsync(failed);
        }
        catch (Exception)
        {
            // What the policy's own code throws means no retry; the task's failure is what the orchestrator must see.
            return false;
        }
    }

    private static async Task<T> ByHandlerAsync<T>(TaskOrchestrationContext context, AsyncRetryHandler handler, Func<Task<T>> call)
    {
        var firstAttempt = context.CurrentUtcDateTime;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (TaskFailedException failed) when (!FailureTypes.NonRetriable.Contains(failed.FailureDetails.ErrorType))
            {
                var retry = new RetryContext(context, attempt, failed.FailureDetails, context.CurrentUtcDateTime - firstAttempt, CancellationToken.None);
                if (!await handler(retry))
                    throw;
            }
        }
    }
}
