using Iml4e.Functions;
using Iml4e.Functions.Http;
using Iml4e.Inference.Probing;
using Microsoft.Extensions.Hosting;

if (ModelProbeWorker.IsAsked(args))
    return ModelProbeWorker.Run();

// A run holds its thread: deadlines and other requests need some beside as many runs as there are processors. Many more would only take turns on them.
ThreadPool.GetMinThreads(out _, out var completionThreads);
ThreadPool.SetMinThreads(Math.Max(4, 2 * Environment.ProcessorCount), completionThreads);

var builder = FunctionsApplication.CreateBuilder(args);
SettingDefaults.AddTo(builder.Configuration);
builder.ConfigureFunctionsWebApplication();
builder.UseMiddleware<ErrorMiddleware>();
builder.Services.AddIml4e(builder.Configuration);
#if AZURE
builder.Services.AddAzureTelemetry(builder.Configuration);
#elif LOCAL
builder.Services.AddLocalTelemetry(builder.Configuration);
builder.Services.AddLocalKeys();
#endif
builder.Build().Run();
return 0;
