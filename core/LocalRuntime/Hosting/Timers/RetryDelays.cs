using System.Globalization;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Worker;

namespace Iml4e.LocalRuntime.Hosting.Timers;

/// <summary>The delays of the retry attributes.</summary>
internal static class RetryDelays
{
    /// <summary>Throws <see cref="FunctionBindingException"/> when an attribute's values make no sense.</summary>
    public static void Check(RetryAttribute retry)
    {
        if (retry.MaxRetryCount < -1)
            throw new FunctionBindingException("the number of retries must be -1 (no end), 0 or more");
        switch (retry)
        {
            case FixedDelayRetryAttribute { DelayInterval: var delay }:
                Interval(delay);
                break;
            case ExponentialBackoffRetryAttribute { MinimumInterval: var minimum, MaximumInterval: var maximum }:
                if (Interval(minimum) > Interval(maximum))
                    throw new FunctionBindingException($"the smallest retry interval {minimum} is above the largest {maximum}");
                break;
        }
    }

    /// <summary>The delay before a retry (1, 2, …): constant, or from the minimum doubling to the maximum.</summary>
    public static TimeSpan Before(RetryAttribute retry, int attempt) => retry switch
    {
        FixedDelayRetryAttribute { DelayInterval: var delay } => Interval(delay),
        ExponentialBackoffRetryAttribute { MinimumInterval: var minimum, MaximumInterval: var maximum }
            => TimeSpan.FromTicks((long)Math.Min(Interval(minimum).Ticks * Math.Pow(2, attempt - 1), Interval(maximum).Ticks)),
        _ => TimeSpan.Zero,
    };

    private static TimeSpan Interval(string text)
        => TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var value) && value >= TimeSpan.Zero
            ? value
            : throw new FunctionBindingException($"the retry interval '{text}' is not hh:mm:ss");
}
