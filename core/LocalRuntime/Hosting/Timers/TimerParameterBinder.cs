using System.Reflection;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Worker;
using Microsoft.Extensions.Configuration;

namespace Iml4e.LocalRuntime.Hosting.Timers;

/// <summary>Binds <see cref="TimerInfo"/> and refuses schedules that cannot be read when the app starts.</summary>
internal sealed class TimerParameterBinder(IConfiguration configuration, TimeProvider time) : IParameterBinder
{
    public ParameterBinding? Bind(FunctionDescriptor function, ParameterInfo parameter)
    {
        if (function.Kind != TriggerKind.Timer || parameter != function.TriggerParameter)
            return null;
        if (parameter.ParameterType != typeof(TimerInfo))
            throw new FunctionBindingException($"the timer trigger marks a parameter of type TimerInfo, not {parameter.ParameterType.Name}");
        ScheduleOf(function, configuration, time);
        if (function.Retry is not null)
            RetryDelays.Check(function.Retry);
        return context => new(context.TriggerValue);
    }

    /// <summary>The schedule of a timer function, settings replaced; throws <see cref="FunctionBindingException"/>.</summary>
    internal static TimerSchedule ScheduleOf(FunctionDescriptor function, IConfiguration configuration, TimeProvider time)
    {
        var text = SettingsResolver.Resolve(((TimerTriggerAttribute)function.Trigger).Schedule, configuration);
        try
        {
            return TimerSchedule.Parse(text, Zone(configuration, time));
        }
        catch (FormatException exception)
        {
            throw new FunctionBindingException(exception.Message);
        }
    }

    /// <summary>The zone that WEBSITE_TIME_ZONE names, or that of the machine; throws <see cref="FunctionBindingException"/>.</summary>
    internal static TimeZoneInfo Zone(IConfiguration configuration, TimeProvider time)
    {
        if (configuration["WEBSITE_TIME_ZONE"] is not { Length: > 0 } name)
            return time.LocalTimeZone;
        return TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone)
            ? zone
            : throw new FunctionBindingException($"WEBSITE_TIME_ZONE is '{name}', which is not a time zone of this machine");
    }
}
