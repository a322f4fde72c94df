using Iml4e.LocalRuntime.Hosting;

namespace Iml4e.LocalRuntime.Durable.Hosting;

/// <summary>
/// Reads extensions.durableTask of host.json. What steers the storage or the scale-out of the real host means nothing here and is not looked at.
/// </summary>
internal static class DurableTaskHostJson
{
    private const string Path = "extensions.durableTask.";

    private enum VersionFailureStrategy
    {
        Reject,
        Fail,
    }

    private enum TracingVersion
    {
        None,
        V1,
        V2,
    }

    private enum OverridableStates
    {
        NonRunningStates,
        AnyState,
    }

    /// <summary>Reads the settings; what is wrong is noted in <paramref name="json"/>.</summary>
    public static DurableTaskSettings Read(HostJson json, LocalRuntimeOptions options)
    {
        var defaults = new DurableTaskSettings { DataFolder = options.DataPath, GracePeriod = options.ShutdownTimeout };
        return defaults with
        {
            HubName = HubName(json, defaults.HubName),
            MaxConcurrentActivities = json.Number(Path + "maxConcurrentActivityFunctions", defaults.MaxConcurrentActivities, 1),
            MaxConcurrentOrchestrators = json.Number(Path + "maxConcurrentOrchestratorFunctions", defaults.MaxConcurrentOrchestrators, 1),
            MaxConcurrentEntities = json.Number(Path + "maxConcurrentEntityFunctions", defaults.MaxConcurrentEntities, 1),
            MaxEntityBatch = json.Number(Path + "maxEntityOperationBatchSize", defaults.MaxEntityBatch, 1),
            RollBackFailedOperations = json.Flag(Path + "rollbackEntityOperationsOnExceptions", defaults.RollBackFailedOperations),
            MaxOrchestrationActions = json.Number(Path + "maxOrchestrationActions", defaults.MaxOrchestrationActions, 1),
            MaxActivityCrashes = json.Number(Path + "maxActivityCrashes", defaults.MaxActivityCrashes, 2),
            CrashQuietTime = json.Duration(Path + "activityCrashQuietTime", defaults.CrashQuietTime, TimeSpan.Zero),
            MaxLiveSessions = json.Number(Path + "maxLiveSessions", defaults.MaxLiveSessions, 0),
            Synchronous = json.Flag(Path + "storageProvider.synchronous", defaults.Synchronous),
            UseGracefulShutdown = json.Flag(Path + "useGracefulShutdown", defaults.UseGracefulShutdown),
            DistributedTracing = json.Flag(Path + "tracing.distributedTracingEnabled", defaults.DistributedTracing)
                && json.Choice(Path + "tracing.version", TracingVersion.V2) == TracingVersion.V2,
            DefaultVersion = json.Text(Path + "defaultVersion"),
            VersionMatch = json.Choice(Path + "versionMatchStrategy", VersionMatchStrategy.None),
            FailOnVersionMismatch = json.Choice(Path + "versionFailureStrategy", VersionFailureStrategy.Reject) == VersionFailureStrategy.Fail,
            OverrideRunningInstances =
                json.Choice(Path + "overridableExistingInstanceStates", OverridableStates.NonRunningStates) == OverridableStates.AnyState,
            CompletedRetention = json.Days(Path + "retention.completedDays", defaults.CompletedRetention),
            TerminatedRetention = json.Days(Path + "retention.terminatedDays", defaults.TerminatedRetention),
            FailedRetention = json.Days(Path + "retention.failedDays", defaults.FailedRetention),
        };
    }

    private static string HubName(HostJson json, string fallback)
    {
        const string Right = "3 to 45 letters and digits that start with a letter";
        if (json.Text(Path + "hubName") is not { } hub)
            return fallback;
        return hub.Length is >= 3 and <= 45 && char.IsAsciiLetter(hub[0]) && hub.All(char.IsAsciiLetterOrDigit)
            ? hub
            : json.Wrong(Path + "hubName", hub, Right, fallback);
    }
}
