using Azure.Core.Serialization;

namespace Iml4e.LocalRuntime.Worker;

/// <summary>Options of the worker.</summary>
public class WorkerOptions
{
    /// <summary>Serialises the JSON of <c>HttpRequestData</c>, <c>HttpResponseData</c> and of durable payloads; names as declared by default.</summary>
    public ObjectSerializer? Serializer { get; set; } = new JsonObjectSerializer();
}
