using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Hosting.Timers;
using Iml4e.LocalRuntime.Worker;

namespace Iml4e.Tests.Unit.LocalRuntime;

public sealed class RetryDelaysTests
{
    [Fact]
    public void Exponential_delays_double_up_to_the_largest()
    {
        var retry = new ExponentialBackoffRetryAttribute(-1, "00:00:05", "00:01:00");
        Assert.Equal([5.0, 10, 20, 40, 60, 60], Enumerable.Range(1, 6).Select(attempt => RetryDelays.Before(retry, attempt).TotalSeconds));
        Assert.Equal(60, RetryDelays.Before(retry, 5000).TotalSeconds);
    }

    [Fact]
    public void Fixed_delays_stay()
        => Assert.Equal(3, RetryDelays.Before(new FixedDelayRetryAttribute(2, "00:00:03"), 2).TotalSeconds);

    [Fact]
    public void Attributes_that_make_no_sense_are_refused()
    {
        Assert.Throws<FunctionBindingException>(() => RetryDelays.Check(new FixedDelayRetryAttribute(-2, "00:00:03")));
        Assert.Throws<FunctionBindingException>(() => RetryDelays.Check(new FixedDelayRetryAttribute(1, "-00:00:03")));
        Assert.Throws<FunctionBindingException>(() => RetryDelays.Check(new ExponentialBackoffRetryAttribute(1, "00:02:00", "00:01:00")));
    }
}
