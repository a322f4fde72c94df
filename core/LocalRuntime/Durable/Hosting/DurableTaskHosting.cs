using System.Globalization;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.Hosting;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Worker;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iml4e.LocalRuntime.Durable.Hosting;

/// <summary>Adds durable orchestrations to a function app.</summary>
internal static class DurableTaskHosting
{
    /// <summary>Adds the engine, its client and the binding of durable parameters; nothing when the app has no durable function.</summary>
    /// <exception cref="InvalidOperationException">host.json is wrong; the message has all errors.</exception>
    public static IServiceCollection AddDurableTask(this IServiceCollection services, FunctionRegistry registry, IConfiguration configuration)
    {
        var options = configuration.GetSection(LocalRuntimeOptions.Section).Get<LocalRuntimeOptions>() ?? new LocalRuntimeOptions();
        services.AddSingleton(ReadSettings(configuration, options));
        services.AddSingleton<HttpActivity>();
        services.AddSingleton<IDurableFunctionInvoker>(provider => new DurableFunctionInvoker(
            registry,
            provider.GetRequiredService<FunctionInvoker>(),
            provider.GetRequiredService<HttpActivity>(),
            new WorkerDataConverter(provider.GetRequiredService<IOptions<WorkerOptions>>())));
        services.AddSingleton(provider => new OrchestrationEngine(
            provider.GetRequiredService<DurableTaskSettings>(),
            provider.GetRequiredService<IDurableFunctionInvoker>(),
            provider.GetRequiredService<ILoggerFactory>(),
            provider.GetRequiredService<TimeProvider>(),
            new WorkerDataConverter(provider.GetRequiredService<IOptions<WorkerOptions>>())));
        services.AddSingleton<LocalDurableTaskClient>();
        services.AddSingleton<DurableTaskClient>(provider => provider.GetRequiredService<LocalDurableTaskClient>());
        services.AddSingleton<IParameterBinder>(provider =>
            new DurableParameterBinder(provider, new WorkerDataConverter(provider.GetRequiredService<IOptions<WorkerOptions>>())));
        services.AddHostedService<DurableTaskService>();
        return services;
    }

    /// <summary>Maps the management API of the instances.</summary>
    public static void MapManagementApi(this IEndpointRouteBuilder endpoints) => DurableManagementApi.Map(endpoints);

    private static DurableTaskSettings ReadSettings(IConfiguration configuration, LocalRuntimeOptions options)
    {
        var section = configuration.GetSection(HostSettings.Section + ":extensions:durableTask");
        var errors = new List<string>();
        var settings = new DurableTaskSettings { DataFolder = options.DataPath, GracePeriod = options.ShutdownTimeout };
        var hub = section["hubName"] ?? settings.HubName;
        if (hub.Length is < 3 or > 45 || !char.IsAsciiLetter(hub[0]) || !hub.All(char.IsAsciiLetterOrDigit))
            errors.Add($"extensions.durableTask.hubName is '{hub}'; it must have 3 to 45 letters and digits and start with a letter");
        var match = VersionMatchStrategy.None;
        if (section["versionMatchStrategy"] is { Length: > 0 } text && (!Enum.TryParse(text, ignoreCase: true, out match) || !Enum.IsDefined(match)))
            errors.Add($"extensions.durableTask.versionMatchStrategy is '{text}'; it must be None, Strict or CurrentOrOlder");
        settings = settings with
        {
            HubName = hub,
            MaxConcurrentActivities = Number("maxConcurrentActivityFunctions", settings.MaxConcurrentActivities, 1),
            MaxConcurrentOrchestrators = Number("maxConcurrentOrchestratorFunctions", settings.MaxConcurrentOrchestrators, 1),
            MaxConcurrentEntities = Number("maxConcurrentEntityFunctions", settings.MaxConcurrentEntities, 1),
            MaxEntityBatch = Number("maxEntityOperationBatchSize", settings.MaxEntityBatch, 1),
            RollBackFailedOperations = Flag("rollbackEntityOperationsOnExceptions", settings.RollBackFailedOperations),
            MaxOrchestrationActions = Number("maxOrchestrationActions", settings.MaxOrchestrationActions, 1),
            MaxActivityCrashes = Number("maxActivityCrashes", settings.MaxActivityCrashes, 2),
            MaxLiveSessions = Number("maxLiveSessions", settings.MaxLiveSessions, 0),
            Synchronous = !string.Equals(section["storageProvider:synchronous"], "false", StringComparison.OrdinalIgnoreCase),
            DefaultVersion = section["defaultVersion"],
            VersionMatch = match,
            FailOnVersionMismatch = Is("versionFailureStrategy", "Fail"),
            OverrideRunningInstances = Is("overridableExistingInstanceStates", "AnyState"),
            CompletedRetention = Days("retention:completedDays", settings.CompletedRetention),
            TerminatedRetention = Days("retention:terminatedDays", settings.TerminatedRetention),
            FailedRetention = Days("retention:failedDays", settings.FailedRetention),
        };
        return errors.Count == 0 ? settings : throw new InvalidOperationException("host.json: " + string.Join("; ", errors));

        bool Is(string key, string value) => string.Equals(section[key], value, StringComparison.OrdinalIgnoreCase);

        bool Flag(string key, bool fallback)
        {
            if (section[key] is not { Length: > 0 } given)
                return fallback;
            if (bool.TryParse(given, out var value))
                return value;
            errors.Add($"extensions.durableTask.{key} is '{given}'; it must be true or false");
            return fallback;
        }

        int Number(string key, int fallback, int least)
        {
            if (section[key] is not { Length: > 0 } given)
                return fallback;
            if (int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least)
                return value;
            errors.Add(FormattableString.Invariant($"extensions.durableTask.{key} is '{given}'; it must be a number of at least {least}"));
            return fallback;
        }

        TimeSpan? Days(string key, TimeSpan? fallback)
        {
            if (section[key] is not { Length: > 0 } given)
                return fallback;
            if (given == "-1")
                return null;
            if (double.TryParse(given, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var days) && days is > 0 and < 36500)
                return TimeSpan.FromDays(days);
            errors.Add($"extensions.durableTask.{key.Replace(':', '.')} is '{given}'; it must be a number of days, or -1 to keep for ever");
            return fallback;
        }
    }
}
