using System.Net;
using System.Text.Json;
using Iml4e.LocalRuntime.DurableTask.Client;
using Iml4e.LocalRuntime.Hosting.Security;
using Iml4e.LocalRuntime.Worker.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Iml4e.LocalRuntime.Worker;

/// <summary>Answers of HTTP functions that start orchestrations.</summary>
public static class DurableTaskClientExtensions
{
    /// <summary>A 202 that tells where the instance is watched and managed.</summary>
    public static Task<HttpResponseData> CreateCheckStatusResponseAsync(
        this DurableTaskClient client, HttpRequestData request, string instanceId, CancellationToken cancellation = default) =>
        client.CreateCheckStatusResponseAsync(request, instanceId, HttpStatusCode.Accepted, cancellation);

    /// <summary>An answer of the given status that tells where the instance is watched and managed.</summary>
    public static async Task<HttpResponseData> CreateCheckStatusResponseAsync(
        this DurableTaskClient client, HttpRequestData request, string instanceId, HttpStatusCode statusCode, CancellationToken cancellation = default)
    {
        var (response, json) = Prepare(client, request, instanceId, statusCode);
        await response.WriteStringAsync(json);
        return response;
    }

    /// <summary>A 202 that tells where the instance is watched and managed.</summary>
    public static HttpResponseData CreateCheckStatusResponse(
        this DurableTaskClient client, HttpRequestData request, string instanceId, CancellationToken cancellation = default) =>
        client.CreateCheckStatusResponse(request, instanceId, HttpStatusCode.Accepted, cancellation);

    /// <summary>An answer of the given status that tells where the instance is watched and managed.</summary>
    public static HttpResponseData CreateCheckStatusResponse(
        this DurableTaskClient client, HttpRequestData request, string instanceId, HttpStatusCode statusCode, CancellationToken cancellation = default)
    {
        var (response, json) = Prepare(client, request, instanceId, statusCode);
        response.WriteString(json);
        return response;
    }

    /// <summary>Where the instance is watched and managed; with the authority of the request.</summary>
    /// <exception cref="ArgumentException">There is no request, and so no address.</exception>
    public static HttpManagementPayload CreateHttpManagementPayload(
        this DurableTaskClient client, string instanceId, HttpRequestData? request = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        if (request is null)
            throw new ArgumentException("The local runtime knows its address by the request alone; pass it.", nameof(request));
        var keys = request.FunctionContext.InstanceServices.GetService<FunctionKeys>();
        var key = keys is { IsEnabled: true } ? keys.SystemKey(FunctionKeys.DurableTaskExtension) : null;
        return HttpManagementPayload.Of(request.Url.GetLeftPart(UriPartial.Authority), instanceId, key);
    }

    private static (HttpResponseData Response, string Json) Prepare(
        DurableTaskClient client, HttpRequestData request, string instanceId, HttpStatusCode statusCode)
    {
        var payload = client.CreateHttpManagementPayload(instanceId, request);
        var response = request.CreateResponse();
        response.StatusCode = statusCode;
        response.Headers.Add("Location", payload.StatusQueryGetUri);
        response.Headers.Add("Content-Type", "application/json");
        return (response, JsonSerializer.Serialize(payload));
    }
}
