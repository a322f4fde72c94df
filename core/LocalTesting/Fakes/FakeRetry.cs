namespace Iml4e.LocalRuntime.Testing.Fakes;

/// <summary>Tries a call again as its options say, the clock moving by the delays.</summary>
internal static class FakeRetry
{
    public static Task<T> RunAsync<T>(TaskOrchestrationContext context, FakeTimers timers, TaskRetryOptions? options, Func<Task<T>> call) => options switch
    {
        { Policy: { } policy } => ByPolicyAsync(timers, policy, call),
        { Handler: { } handler } => ByHandlerAsync(context, handler, call),
        _ => call(),
    };

    private static async Task<T> ByPolicyAsync<T>(FakeTimers timers, RetryPolicy policy, Func<Task<T>> call)
    {
        var first = timers.Now;
        var delay = policy.FirstRetryInterval;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (TaskFailedException failed)
            {
                if (attempt >= policy.MaxNumberOfAttempts || IsLate(policy, timers.Now - first) || !await policy.HandleAsync(failed))
                    throw;
            }

            timers.AdvanceTo(timers.Now + delay);
            var next = delay.TotalMilliseconds * policy.BackoffCoefficient;
            delay = policy.MaxRetryInterval != Timeout.InfiniteTimeSpan && next > policy.MaxRetryInterval.TotalMilliseconds
                ? policy.MaxRetryInterval
                : TimeSpan.FromMilliseconds(next);
        }
    }

    private static bool IsLate(RetryPolicy policy, TimeSpan elapsed) => policy.RetryTimeout != Timeout.InfiniteTimeSpan && elapsed >= policy.RetryTimeout;

    private static async Task<T> ByHandlerAsync<T>(TaskOrchestrationContext context, AsyncRetryHandler handler, Func<Task<T>> call)
    {
        var first = context.CurrentUtcDateTime;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (TaskFailedException failed)
            {
                var retry = new TaskRetryContext(context, attempt, failed.FailureDetails, context.CurrentUtcDateTime - first, CancellationToken.None);
                if (!await handler(retry))
                    throw;
            }
        }
    }
}
