using Iml4e.Functions;
using Iml4e.Functions.Http;
using Microsoft.Extensions.Hosting;

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
