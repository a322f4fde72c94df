using System.Reflection;
using System.Text;
using System.Text.Json;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Worker;
using Iml4e.LocalRuntime.Worker.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using IResult = Microsoft.AspNetCore.Http.IResult;

namespace Iml4e.LocalRuntime.Hosting.Blobs;

/// <summary>Binds blob triggers, blob inputs, values of a trigger's path, and blob outputs.</summary>
internal sealed class BlobParameterBinder(BlobConnections connections, IConfiguration configuration, TimeProvider time) : IParameterBinder
{
    public ParameterBinding? Bind(FunctionDescriptor function, ParameterInfo parameter)
    {
        if (parameter.GetCustomAttribute<BlobInputAttribute>() is { } input)
            return BindInput(function, parameter, input);
        if (function.Kind != TriggerKind.Blob)
            return null;
        if (parameter == function.TriggerParameter)
            return BindTrigger(parameter, (BlobTriggerAttribute)function.Trigger);
        return BindName(function, parameter);
    }

    public IEnumerable<OutputBinding> BindOutputs(FunctionDescriptor function)
    {
        if (function.Method.GetCustomAttribute<BlobOutputAttribute>() is { } onReturn)
        {
            CheckOutput("the result", function.ResultType);
            yield return BindOutput(function, onReturn, result => result);
        }

        foreach (var property in function.ResultType.GetProperties())
        {
            if (property.GetCustomAttribute<BlobOutputAttribute>() is not { } output)
                continue;
            CheckOutput($"property '{property.Name}'", property.PropertyType);
            yield return BindOutput(function, output, result => result is null ? null : property.GetValue(result));
        }
    }

    /// <summary>The pattern of a blob trigger, settings replaced; throws <see cref="FunctionBindingException"/>.</summary>
    internal static BlobPath PatternOf(FunctionDescriptor function, IConfiguration configuration)
        => Parse(((BlobTriggerAttribute)function.Trigger).BlobPath, isPattern: true, configuration);

    private static BlobPath Parse(string text, bool isPattern, IConfiguration configuration)
    {
        try
        {
            return BlobPath.Parse(SettingsResolver.Resolve(text, configuration), isPattern);
        }
        catch (FormatException exception)
        {
            throw new FunctionBindingException(exception.Message);
        }
    }

    private static void CheckOutput(string what, Type type)
    {
        if (type == typeof(void) || typeof(Stream).IsAssignableFrom(type) || typeof(IResult).IsAssignableFrom(type)
            || typeof(Microsoft.AspNetCore.Mvc.IActionResult).IsAssignableFrom(type) || typeof(HttpResponseData).IsAssignableFrom(type))
            throw new FunctionBindingException($"{what} of type {type.Name} cannot be written to a blob; text, bytes and JSON objects can");
    }

    private static ParameterBinding? BindName(FunctionDescriptor function, ParameterInfo parameter)
    {
        if (ScalarConverter.To(parameter.ParameterType) is not { } convert)
            return null;
        var name = parameter.Name!;
        return context => context.BindingData.TryGetValue(name, out var value) && value is not null && convert(value.ToString()!, out var converted)
            ? new(converted)
            : parameter.HasDefaultValue
                ? new(parameter.DefaultValue)
                : throw new ParameterValueException(name, $"the blob's path gives no value for '{name}' of function '{function.Name}'");
    }

    private ParameterBinding BindTrigger(ParameterInfo parameter, BlobTriggerAttribute trigger)
    {
        Parse(trigger.BlobPath, isPattern: true, configuration);
        var service = connections.Client(trigger.Connection);
        var type = parameter.ParameterType;
        if (type == typeof(BlobContainerClient))
            return context => new(service.GetBlobContainerClient(Blob(context).Container));
        if (BlobContent.IsClient(type))
            return context => new(BlobContent.Client(type, service.GetBlobContainerClient(Blob(context).Container), Blob(context).Name));
        return async context => await BlobContent.ReadAsync(
            Blob(context).Client, type, Blob(context).ETag, context.InstanceServices, context.CancellationToken);

        static TriggeringBlob Blob(LocalFunctionContext context) => (TriggeringBlob)context.TriggerValue!;
    }

    private ParameterBinding BindInput(FunctionDescriptor function, ParameterInfo parameter, BlobInputAttribute input)
    {
        var path = Parse(input.BlobPath, isPattern: false, configuration);
        CheckNames(function, path);
        var container = connections.Client(input.Connection).GetBlobContainerClient(path.Container);
        var type = parameter.ParameterType;
        if (type == typeof(BlobContainerClient))
            return _ => new(container);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IEnumerable<>))
            return BindAll(container, path, type.GetGenericArguments()[0]);
        if (path.IsContainer)
            throw new FunctionBindingException($"the blob path '{path.Text}' names a container; parameter '{parameter.Name}' asks for a blob");
        if (BlobContent.IsClient(type))
            return context => new(BlobContent.Client(type, container, path.Fill(context.BindingData, time.GetUtcNow())));
        return async context => await BlobContent.ReadAsync(
            container.GetBlobClient(path.Fill(context.BindingData, time.GetUtcNow())), type, null, context.InstanceServices, context.CancellationToken);
    }

    private ParameterBinding BindAll(BlobContainerClient container, BlobPath path, Type item) => async context =>
    {
        var prefix = path.IsContainer ? "" : path.Fill(context.BindingData, time.GetUtcNow());
        var items = (System.Collections.IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(item))!;
        await foreach (var blob in container.GetBlobsAsync(BlobTraits.None, BlobStates.None, prefix, context.CancellationToken))
        {
            items.Add(BlobContent.IsClient(item)
                ? BlobContent.Client(item, container, blob.Name)
                : await BlobContent.ReadAsync(container.GetBlobClient(blob.Name), item, null, context.InstanceServices, context.CancellationToken));
        }

        return items;
    };

    private OutputBinding BindOutput(FunctionDescriptor function, BlobOutputAttribute output, Func<object?, object?> select)
    {
        var path = Parse(output.BlobPath, isPattern: false, configuration);
        if (path.IsContainer)
            throw new FunctionBindingException($"the blob path '{path.Text}' names no blob to write to");
        CheckNames(function, path);
        var container = connections.Client(output.Connection).GetBlobContainerClient(path.Container);
        return async (context, result) =>
        {
            if (select(result) is not { } value)
                return;
            var content = value switch
            {
                byte[] bytes => BinaryData.FromBytes(bytes),
                string text => BinaryData.FromBytes(Encoding.UTF8.GetBytes(text)),
                BinaryData data => data,
                _ => BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(
                    value, value.GetType(), context.InstanceServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions)),
            };
            await container.CreateIfNotExistsAsync(cancellationToken: context.CancellationToken);
            await container.GetBlobClient(path.Fill(context.BindingData, time.GetUtcNow())).UploadAsync(content, overwrite: true, context.CancellationToken);
        };
    }

    // A name that no trigger gives would fail each invocation; it fails the start instead.
    private void CheckNames(FunctionDescriptor function, BlobPath path)
    {
        IEnumerable<string> known = function.Trigger switch
        {
            BlobTriggerAttribute => [.. PatternOf(function, configuration).Names, "BlobTrigger", "Uri"],
            HttpTriggerAttribute => RoutePatternFactory.Parse(Http.HttpFunctionEndpoints.Template(function, "")).Parameters.Select(parameter => parameter.Name),
            _ => [],
        };
        var unknown = path.Names.FirstOrDefault(name => !BlobPath.IsSystemName(name) && !known.Contains(name.Split(':')[0], StringComparer.OrdinalIgnoreCase));
        if (unknown is not null)
            throw new FunctionBindingException($"the trigger gives no value for '{{{unknown}}}' in the blob path '{path.Text}'");
    }
}
