using Microsoft.Extensions.Configuration;

namespace Iml4e.LocalRuntime.Hosting;

/// <summary>
/// The names that host.json may hold, those of the real host that mean nothing here included. A name that is none of them has no effect, and is most often
/// a slip of the pen.
/// </summary>
internal static class HostJsonNames
{
    private static readonly Dictionary<string, string[]> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        [""] =
        [
            "version", "functionTimeout", "telemetryMode", "logging", "extensions", "extensionBundle", "aggregator", "applicationInsights", "concurrency",
            "console", "customHandler", "functions", "healthMonitor", "isDefaultHostConfig", "managedDependency", "retry", "singleton", "tracing",
            "watchDirectories", "watchFiles",
        ],
        ["extensions.http"] =
            ["routePrefix", "maxOutstandingRequests", "maxConcurrentRequests", "dynamicThrottlesEnabled", "customHeaders", "hsts"],
        ["extensions.blobs"] = ["maxDegreeOfParallelism", "poisonBlobThreshold"],
        ["extensions.durableTask"] =
        [
            "hubName", "defaultVersion", "versionMatchStrategy", "versionFailureStrategy", "storageProvider", "maxConcurrentActivityFunctions",
            "maxConcurrentOrchestratorFunctions", "maxConcurrentEntityFunctions", "extendedSessionsEnabled", "extendedSessionIdleTimeoutInSeconds",
            "storeInputsInOrchestrationHistory", "useGracefulShutdown", "useAppLease", "appLeaseOptions", "httpSettings", "tracing", "notifications",
            "maxOrchestrationActions", "overridableExistingInstanceStates", "entityMessageReorderWindowInMinutes", "maxEntityOperationBatchSize",
            "rollbackEntityOperationsOnExceptions", "logReplayEvents", "traceInputsAndOutputs", "traceReplayEvents", "localRpcEndpointEnabled",
            "maxGrpcMessageSizeInBytes", "grpcHttpClientTimeout", "customLifeCycleNotificationHelperType", "maxActivityCrashes", "activityCrashQuietTime",
            "maxLiveSessions", "retention",
        ],
        ["extensions.durableTask.tracing"] =
            ["distributedTracingEnabled", "version", "traceInputsAndOutputs", "traceReplayEvents", "includeInstanceIdInOperationName"],
        ["extensions.durableTask.retention"] = ["completedDays", "terminatedDays", "failedDays"],
    };

    /// <summary>The names that are not known, in words, each with the nearest known one.</summary>
    public static IEnumerable<string> FindUnknown(IConfiguration configuration)
    {
        foreach (var (path, names) in Known)
        {
            var section = configuration.GetSection(path.Length == 0 ? HostSettings.Section : HostSettings.Section + ":" + path.Replace('.', ':'));
            foreach (var child in section.GetChildren().Where(child => !names.Contains(child.Key, StringComparer.OrdinalIgnoreCase)))
            {
                var full = path.Length == 0 ? child.Key : $"{path}.{child.Key}";
                yield return Nearest(child.Key, names) is { } nearest
                    ? $"{full} is not known and has no effect; did you mean '{nearest}'?"
                    : $"{full} is not known and has no effect";
            }
        }
    }

    private static string? Nearest(string name, string[] names)
    {
        var (nearest, distance) = names.Select(known => (known, Distance(name, known))).MinBy(pair => pair.Item2);
        return distance <= name.Length / 2 ? nearest : null;
    }

    // How many letters are to be put in, taken out or changed, whatever their case.
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var change = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
