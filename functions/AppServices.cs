using Azure.Identity;
using Azure.Storage.Blobs;
using Iml4e.Assessment.Adversarial.Jobs;
using Iml4e.Assessment.Evaluation;
using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Pose.Jobs;
using Iml4e.Assessment.Training;
using Iml4e.Catalog;
using Iml4e.Functions.Audit;
using Iml4e.Functions.Channels;
using Iml4e.Functions.Dashboard;
using Iml4e.Functions.Datasets;
using Iml4e.Functions.Experiments;
using Iml4e.Functions.Feedback;
using Iml4e.Functions.Jobs;
using Iml4e.Functions.Jobs.Schedules;
using Iml4e.Functions.Maintenance;
using Iml4e.Functions.Models;
using Iml4e.Functions.Monitoring;
using Iml4e.Functions.Pipelines;
using Iml4e.Functions.Retraining;
using Iml4e.Functions.Retraining.External;
using Iml4e.Functions.Serving;
using Iml4e.Functions.Telemetry;
using Iml4e.Functions.Tracking;
using Iml4e.Functions.Validation;
using Iml4e.Inference;
using Iml4e.Inference.Admission;
using Iml4e.Inference.Onnx;
using Iml4e.Inference.Probing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iml4e.Functions;

/// <summary>The services of the function app.</summary>
internal static class AppServices
{
    private const string Connection = "AzureWebJobsStorage";

    /// <summary>Registers everything that the functions need.</summary>
    public static IServiceCollection AddIml4e(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<AppOptions>().Bind(configuration.GetSection(AppOptions.Section));
        services.AddMetrics();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(_ => CreateBlobClient(configuration));
        services.AddSingleton(s => new CatalogStore(
            s.GetRequiredService<BlobServiceClient>(),
            new CatalogOptions
            {
                ContainerPrefix = s.GetRequiredService<IOptions<AppOptions>>().Value.ContainerPrefix,
            },
            s.GetRequiredService<TimeProvider>()));
        services.AddHostedService<CatalogStartup>();
        services.AddSingleton(s => CreateSessionSettings(s.GetRequiredService<IOptions<AppOptions>>().Value));
        services.AddSingleton(s => new SessionCache(
            new SessionCacheOptions
            {
                MaximumBytes = s.GetRequiredService<IOptions<AppOptions>>().Value.SessionCacheBytes,
                Session = s.GetRequiredService<SessionSettings>(),
            },
            s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => CreateProbe(
            s.GetRequiredService<IOptions<AppOptions>>().Value, s.GetRequiredService<SessionSettings>(), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ModelVetting>();
        services.AddSingleton<GradientChecks>();

        services.AddSingleton<AppMetrics>();
        services.AddSingleton<DamageReport>();
        services.AddSingleton<PrometheusText>();
        services.AddHostedService<MetricsStartup>();
        services.AddSingleton<RoutingTable>();
        services.AddSingleton<ModelSessions>();
        services.AddSingleton<ServedVersions>();
        services.AddSingleton<ModelServing>();
        services.AddSingleton<Readiness>();
        services.AddSingleton<ServingErrors>();
        services.AddSingleton(s => new AdmissionControl(
            s.GetRequiredService<IOptions<AppOptions>>().Value.MaxInferenceRequests, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<LoggingPlans>();
        services.AddSingleton<PredictionService>();
        services.AddSingleton<ShadowScorer>();
        services.AddHostedService(s => s.GetRequiredService<ShadowScorer>());
        services.AddSingleton<PromotionService>();
        services.AddSingleton<MaskedColumns>();
        services.AddSingleton<DatasetReader>();
        services.AddSingleton<DatasetService>();
        services.AddSingleton<FaceRemoval>();
        services.AddSingleton<PipelineStore>();
        services.AddSingleton<TriggerService>();
        services.AddSingleton<ScheduleClock>();
        services.AddHostedService(s => s.GetRequiredService<ScheduleClock>());
        services.AddSingleton<WebhookDeliveries>();
        services.AddSingleton<TrainingLinks>();
        services.AddSingleton<TrainerClient>();
        services.AddSingleton<ModelMonitor>();
        services.AddSingleton<DriftMonitor>();
        services.AddSingleton<ExperimentService>();
        services.AddSingleton<ExperimentStarter>();
        services.AddSingleton<ExperimentHistory>();
        services.AddSingleton<OutcomeLedgers>();
        services.AddSingleton<WaitingFeedback>();
        services.AddSingleton<FeedbackService>();
        services.AddSingleton<FeedbackWatch>();
        services.AddSingleton<CatalogInspection>();
        services.AddSingleton(new KeyGeneration(IsAllowed: false));
        services.AddSingleton<ManifestKeys>();
        services.AddSingleton<ChannelService>();
        services.AddSingleton<AuditReadings>();
        services.AddSingleton<DashboardFiles>();

        services.AddSingleton<JobKind, TrainJob>();
        services.AddSingleton<JobKind, EvaluateJob>();
        services.AddSingleton<JobKind, VerifyJob>();
        services.AddSingleton<JobKind, AdversarialJob>();
        services.AddSingleton<JobKind, PoseValidateJob>();
        services.AddSingleton<JobKind, DetectionValidateJob>();
        services.AddSingleton<JobKinds>();
        services.AddSingleton<JobService>();
        services.AddSingleton<ScheduleService>();
        services.AddSingleton<PredictionUploads>();
        services.AddSingleton<TrackingService>();
        services.AddSingleton<JobCancellation>();
        services.AddSingleton<JobProgressReporter>();
        services.AddSingleton<JobContextFactory>();
        services.AddSingleton<ChampionEvaluation>();
        return services;
    }

    private static SessionSettings CreateSessionSettings(AppOptions options)
    {
        if (options.InferenceMemory >= 0)
            InferenceMemory.Restrict(options.InferenceMemory > 0 ? options.InferenceMemory : InferenceMemory.DefaultLimit());
        return new SessionSettings
        {
            LongestRun = options.LongestRun,
            Limits = new ModelLimits { MaximumBytes = options.MaxModelBytes, MaximumNodes = options.MaxModelNodes, MaximumNodeRuns = NodeRuns(options.ProbeTimeout / 3) },
        };
    }

    private static ModelProbe CreateProbe(AppOptions options, SessionSettings session, TimeProvider time) => new(
        new ModelProbeOptions
        {
            Timeout = options.ProbeTimeout, RunTimeout = options.ProbeTimeout / 3, OpenRunTime = options.ProbeTimeout / 60, MaximumMemory = options.ProbeMemory,
            Session = session,
        },
        time);

    // A node takes a microsecond or longer: what cannot end in its trial need not be tried.
    private static long NodeRuns(TimeSpan run) => Math.Max(ModelLimits.Default.MaximumNodeRuns, (long)run.TotalMicroseconds);

    // A connection string for Azurite and keys; in Azure the service address with the managed identity.
    private static BlobServiceClient CreateBlobClient(IConfiguration configuration)
    {
        var options = new BlobClientOptions(BlobClientOptions.ServiceVersion.V2023_01_03);
        if (configuration[Connection] is { Length: > 0 } text)
            return new BlobServiceClient(text, options);
        if (configuration[$"{Connection}:blobServiceUri"] is { Length: > 0 } uri)
        {
            return new BlobServiceClient(
                new Uri(uri), new DefaultAzureCredential(new DefaultAzureCredentialOptions { ManagedIdentityClientId = configuration[$"{Connection}:clientId"] }), options);
        }

        throw new InvalidOperationException($"Setting {Connection} is missing: a connection string, or {Connection}__blobServiceUri with a managed identity.");
    }

    /// <summary>Makes the containers before the first request is served, and flushes the logs at the end.</summary>
    private sealed class CatalogStartup(CatalogStore catalog, ILogger<CatalogStartup> logger) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => catalog.InitializeAsync(cancellationToken);

        public async Task StopAsync(CancellationToken cancellationToken)
        {
            await catalog.DisposeAsync();
            if (catalog.Predictions.Lost is > 0 and var lost)
                logger.LogCritical("{Lost} predictions that were answered with buffered logging could not be stored: the storage took nothing.", lost);
        }
    }

    /// <summary>Counts from the start, not from the first scrape.</summary>
    private sealed class MetricsStartup(PrometheusText prometheus) : IHostedService
    {
        private readonly PrometheusText _prometheus = prometheus;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            GC.KeepAlive(_prometheus);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
