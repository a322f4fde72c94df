using Iml4e.LocalRuntime.DurableTask;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Durable.Faults;

/// <summary>
/// Keeps code of the app that takes the process down from doing so for ever: whatever is run is noted, what was running in the last falls of the process
/// is held back and run alone, and what is convicted by <see cref="CrashSuspicion"/> is failed instead.
/// </summary>
internal sealed partial class CrashGuard(DurableTaskSettings settings, TimeProvider time, ILogger logger) : IDisposable
{
    private readonly RunningWorkJournal journal = new(Path.ChangeExtension(settings.DatabasePath, ".running"));
    private readonly HeldWork held = new(settings.CrashQuietTime, time);

    /// <summary>Begins the life of this process, and gives what the last one fell with; null when it did not fall.</summary>
    public IReadOnlyCollection<RunningWork>? Begin() => journal.Begin();

    /// <summary>Begins the time in which suspects are held back.</summary>
    public void Start() => held.Start();

    /// <summary>Why work is to be failed instead of being run; null when it may be run.</summary>
    /// <param name="crashes">Falls of the process in a row in which it was running.</param>
    /// <param name="type">The type of the failure.</param>
    /// <param name="what">What it is, to be named in the message.</param>
    public TaskFailureDetails? Refuse(int crashes, string type, string what)
    {
        if (!CrashSuspicion.IsConvicted(crashes, settings.MaxActivityCrashes))
            return null;
        LogPoisoned(logger, crashes, what);
        var message = FormattableString.Invariant($"The process went down {crashes} times in a row while {what} was running; it is not run again.");
        return new TaskFailureDetails(type, message, null, null, null);
    }

    /// <summary>Completes when work may run: at once, unless it is a suspect; <see cref="Ended"/> must be called for it then.</summary>
    /// <exception cref="EngineAbandonedException">The engine has stopped.</exception>
    public Task AdmitAsync(RunningWork work, int crashes, string what)
    {
        if (!CrashSuspicion.IsSuspect(crashes, settings.MaxActivityCrashes))
            return Task.CompletedTask;
        LogHeld(logger, what, crashes);
        return held.WaitAsync(work);
    }

    /// <summary>Notes that work runs, until what is given is disposed of.</summary>
    public RunningSlot Enter(RunningWork work) => new(journal, work);

    /// <summary>Notes that work has ended and its effects are kept; the next suspect may run.</summary>
    public void Ended(RunningWork work) => held.Ended(work);

    /// <summary>Notes that the process is asked to stop; whatever happens from here on is nobody's fault.</summary>
    public void AnnounceStop() => journal.Stop();

    /// <summary>Lets no suspect go any more; the engine stops in order.</summary>
    public void Stop()
    {
        journal.Stop();
        held.Dispose();
    }

    /// <summary>Leaves the notes as they are: the process is down.</summary>
    public void Dispose()
    {
        held.Dispose();
        journal.Dispose();
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "Held back for a while: {What} was running in the last {Crashes} falls of the process")]
    private static partial void LogHeld(ILogger logger, string what, int crashes);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "The process went down {Crashes} times in a row while {What} was running; it is failed")]
    private static partial void LogPoisoned(ILogger logger, int crashes, string what);
}
