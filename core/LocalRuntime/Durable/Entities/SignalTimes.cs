using Iml4e.LocalRuntime.DurableTask.Entities;

namespace Iml4e.LocalRuntime.Durable.Entities;

/// <summary>When signals arrive.</summary>
internal static class SignalTimes
{
    /// <summary>The time of a delayed signal, in UTC; null for one that arrives at once.</summary>
    public static DateTime? Due(SignalEntityOptions? options, DateTime now) =>
        options?.SignalTime is { } time && time.UtcDateTime > now ? time.UtcDateTime : null;
}
