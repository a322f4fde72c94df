using Azure.Core.Serialization;
using Microsoft.Extensions.DependencyInjection;

namespace Iml4e.LocalRuntime.Testing.Fakes;

/// <summary>The services that functions expect of their context: options with the worker's serialiser, and logging.</summary>
public static class FakeServices
{
    public static IServiceProvider Create(Action<IServiceCollection>? configure = null)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.Configure<WorkerOptions>(options => options.Serializer = new JsonObjectSerializer());
        configure?.Invoke(services);
        return services.BuildServiceProvider();
    }
}
