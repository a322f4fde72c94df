using System.Reflection;
using Iml4e.LocalRuntime.Durable.Hosting;
using Iml4e.LocalRuntime.Hosting.Admin;
using Iml4e.LocalRuntime.Hosting.Blobs;
using Iml4e.LocalRuntime.Hosting.Http;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Hosting.Security;
using Iml4e.LocalRuntime.Hosting.Timers;
using Iml4e.LocalRuntime.Worker;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Hosting;

/// <summary>Puts the parts of the runtime together.</summary>
internal sealed class FunctionsHost(Assembly functions)
{
    private IReadOnlyList<Type>? types;

    public FunctionPipeline Pipeline { get; } = new();

    /// <summary>True once the ASP.NET integration was asked for.</summary>
    public bool ServesAspNetCore { get; private set; }

    public string ApplicationName => functions.GetName().Name ?? "app";

    public void UseFunctionsFrom(IEnumerable<Type> chosen) => types = [.. chosen];

    public void UseAspNetCore() => ServesAspNetCore = true;

    public WebApplicationBuilder CreateWebBuilder(string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = args,
            ContentRootPath = AppContext.BaseDirectory,
            ApplicationName = ApplicationName,
        });
        LocalConfiguration.Insert(((IConfigurationBuilder)builder.Configuration).Sources, AppContext.BaseDirectory);
        ConfigureLogging(builder.Logging, builder.Configuration);
        return builder;
    }

    public IHost Build(WebApplicationBuilder builder)
    {
        AddServices(builder.Services, builder.Configuration);
        builder.WebHost.UseUrls([.. Addresses(builder.Configuration)]);
        var app = builder.Build();
        try
        {
            Configure(app);
        }
        catch
        {
            ((IDisposable)app).Dispose();
            throw;
        }

        return app;
    }

    /// <summary>Adds everything to a generic host.</summary>
    public void AddTo(IHostBuilder builder)
    {
        builder.ConfigureAppConfiguration((_, configuration) =>
        {
            LocalConfiguration.Insert(configuration.Sources, AppContext.BaseDirectory);
            configuration.AddEnvironmentVariables();
        });
        builder.ConfigureLogging((context, logging) =>
        {
            logging.AddConsole();
            ConfigureLogging(logging, context.Configuration);
        });
        builder.ConfigureServices((context, services) => AddServices(services, context.Configuration));
        builder.ConfigureWebHost(web =>
        {
            web.UseKestrel();
            web.ConfigureServices((context, _) => web.UseUrls([.. Addresses(context.Configuration)]));
            web.Configure(Configure);
        });
    }

    /// <summary>The addresses that the settings name.</summary>
    internal static IReadOnlyList<string> Addresses(IConfiguration configuration)
    {
        var text = configuration[$"{LocalRuntimeOptions.Section}:{nameof(LocalRuntimeOptions.Url)}"] is { Length: > 0 } own
            ? own
            : configuration["urls"] is { Length: > 0 } urls ? urls : LocalRuntimeOptions.DefaultUrl;
        return text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    private static void ConfigureLogging(ILoggingBuilder logging, IConfiguration configuration)
    {
        // A line for every request and every file would drown what the functions say.
        const string Web = "Microsoft.AspNetCore";
        logging.AddFilter(Web, LogLevel.Warning);
        var settings = configuration.GetSection(HostSettings.Section + ":logging");
        // This category alone makes an activity and a scope for every request, of which nothing is written. Who traces requests has them all the same, and a
        // caller's trace goes on (RequestTrace).
        if (!settings.AsEnumerable().Any(setting => setting.Key.Contains(Web, StringComparison.OrdinalIgnoreCase)))
            logging.AddFilter(Web + ".Hosting.Diagnostics", LogLevel.None);
        logging.AddConfiguration(settings);
    }

    private void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        var options = configuration.GetSection(LocalRuntimeOptions.Section).Get<LocalRuntimeOptions>() ?? new LocalRuntimeOptions();
        var kestrel = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>();
        var errors = options.Validate([.. Addresses(configuration), .. kestrel]);
        if (errors.Count > 0)
            throw new InvalidOperationException("The settings of the local runtime are wrong: " + string.Join("; ", errors));
        var registry = FunctionRegistry.Discover(types ?? functions.GetTypes());
        var json = new HostJson(configuration);
        var settings = HostSettings.Read(json, configuration, ApplicationName);
        var durable = registry.UsesDurableTask ? DurableTaskHostJson.Read(json, options) : null;
        json.ThrowIfWrong();

        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<WorkerOptions>();
        services.AddSingleton(options);
        services.AddSingleton(settings);
        services.AddSingleton(registry);
        services.AddSingleton(Pipeline);
        services.AddSingleton<FunctionInvoker>();
        services.AddSingleton<FunctionKeys>();
        services.AddSingleton<HttpFunctionHandler>();
        services.AddSingleton<RequestLimiter>();
        services.AddSingleton<BlobConnections>();
        services.AddSingleton<ScheduleStore>();
        services.AddSingleton<TimerListener>();
        services.AddSingleton<BlobListener>();
        services.AddSingleton<BlobReceipts>();
        services.AddSingleton<BlobMessages>();
        services.AddSingleton<BlobQueue>();
        services.AddSingleton<BlobWebhook>();
        services.AddSingleton<PoisonBlobs>();
        services.AddSingleton<ManualRuns>();
        services.AddSingleton<IParameterBinder, ContextParameterBinder>();
        services.AddSingleton<IParameterBinder>(new HttpParameterBinder(ServesAspNetCore));
        services.AddSingleton<IParameterBinder, TimerParameterBinder>();
        services.AddSingleton<IParameterBinder, BlobParameterBinder>();
        // Hosted services stop in the reverse order: triggers fall silent before the engine that they start orchestrations on.
        if (durable is not null)
            services.AddDurableTask(registry, durable);
        services.AddHostedService(provider => provider.GetRequiredService<TimerListener>());
        services.AddHostedService(provider => provider.GetRequiredService<BlobListener>());
        services.AddMvcCore();
        services.AddProblemDetails();
        services.AddRouting();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownTimeout);
        services.Configure<KestrelServerOptions>(server =>
        {
            server.AddServerHeader = false;
            server.Limits.MaxRequestBodySize = options.MaxRequestBodyBytes;
        });
    }

    private void Configure(IApplicationBuilder app)
    {
        var services = app.ApplicationServices;
        var registry = services.GetRequiredService<FunctionRegistry>();
        registry.Bind(services.GetServices<IParameterBinder>());
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("Iml4e.LocalRuntime.HostJson");
        foreach (var unknown in HostJsonNames.FindUnknown(services.GetRequiredService<IConfiguration>()))
            logger.LogWarning("host.json: {Unknown}", unknown);
        app.UseMiddleware<ProblemMiddleware>();
        app.UseRouting();
        app.UseEndpoints(endpoints =>
        {
            HttpFunctionEndpoints.Map(endpoints);
            AdminEndpoints.Map(endpoints, ApplicationName);
            BlobWebhook.Map(endpoints);
            if (registry.UsesDurableTask)
                endpoints.MapManagementApi();
        });
    }
}
