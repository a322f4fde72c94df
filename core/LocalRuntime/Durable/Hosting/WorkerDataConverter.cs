using Iml4e.LocalRuntime.DurableTask;
using Iml4e.LocalRuntime.Worker;
using Microsoft.Extensions.Options;

namespace Iml4e.LocalRuntime.Durable.Hosting;

/// <summary>Converts with the serialiser that the app has configured for its worker.</summary>
internal sealed class WorkerDataConverter(IOptions<WorkerOptions> options) : DataConverter
{
    private Azure.Core.Serialization.ObjectSerializer Serializer =>
        options.Value.Serializer ?? throw new InvalidOperationException("A serializer is not configured for the worker.");

    public override string? Serialize(object? value) =>
        value is null ? null : Serializer.Serialize(value, value.GetType(), CancellationToken.None).ToString();

    public override object? Deserialize(string? data, Type targetType) =>
        data is null ? null : Serializer.Deserialize(BinaryData.FromString(data).ToStream(), targetType, CancellationToken.None);
}
