using Azure.Core.Serialization;
using Iml4e.LocalRuntime.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Iml4e.LocalRuntime.Hosting.Http;

/// <summary>Finds the serialiser that <see cref="WorkerOptions"/> configures.</summary>
internal static class WorkerSerializer
{
    public static ObjectSerializer Of(FunctionContext context) => Of(context.InstanceServices);

    public static ObjectSerializer Of(IServiceProvider services)
        => services.GetService<IOptions<WorkerOptions>>()?.Value.Serializer
            ?? throw new InvalidOperationException("A serializer is not configured for the worker.");
}
