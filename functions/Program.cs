using Iml4e.Functions;
using Iml4e.Functions.Http;
using Iml4e.Inference.Probing;
using Microsoft.Extensions.Hosting;

if (ModelProbeWorker.IsAsked(args))
    return ModelProbeWorker.Run();

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
builder.UseMiddleware<ErrorMiddleware>();
builder.Services.AddIml4e(builder.Configuration);
#if AZURE
builder.Services.AddAzureTelemetry(builder.Configuration);
#elif LOCAL
builder.Services.AddLocalTelemetry(builder.Configuration);
#endif
builder.Build().Run();
return 0;
