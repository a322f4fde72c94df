using System.Text.Json;
using Azure;
using Azure.Storage.Blobs.Specialized;
using Iml4e.LocalRuntime.Hosting.Http;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Hosting.Security;
using Iml4e.LocalRuntime.Worker;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Iml4e.LocalRuntime.Hosting.Blobs;

/// <summary>
/// The address that Event Grid tells of new blobs: <c>POST /runtime/webhooks/blobs?functionName=Host.Functions.{name}&amp;code={key}</c>. An event is answered
/// once it is kept; told twice it is processed once. Both schemas of Event Grid are understood, and the handshake of each.
/// </summary>
internal sealed class BlobWebhook(
    FunctionRegistry registry, FunctionKeys keys, BlobConnections connections, BlobMessages messages, BlobQueue queue, IConfiguration configuration)
{
    private const string Address = "/runtime/webhooks/blobs";
    private const string FunctionPrefix = "Host.Functions.";
    private const string Created = "Microsoft.Storage.BlobCreated";
    private const string Validation = "Microsoft.EventGrid.SubscriptionValidationEvent";

    // Event Grid sends no more than 1 MB at once.
    private const int MaxBodyBytes = 2 * 1024 * 1024;

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        var webhook = endpoints.ServiceProvider.GetRequiredService<BlobWebhook>();

        // With the context alone as its parameter the lambda would be taken for a RequestDelegate, and its result be dropped.
        endpoints.MapPost(Address, (HttpContext http, CancellationToken cancellation) => webhook.TakeAsync(http, cancellation));
        endpoints.MapMethods(Address, [HttpMethods.Options], (HttpContext http) => webhook.Greet(http));
    }

    /// <summary>Whether Event Grid is to feed a function.</summary>
    public static bool Feeds(FunctionDescriptor function) => function.Trigger is BlobTriggerAttribute { Source: BlobTriggerSource.EventGrid };

    // The handshake of the CloudEvents schema: the sender may send.
    private IResult Greet(HttpContext http)
    {
        if (!keys.AllowsSystem(http.Request, FunctionKeys.BlobsExtension))
            return Results.StatusCode(StatusCodes.Status401Unauthorized);
        if (http.Request.Headers["WebHook-Request-Origin"] is not [{ Length: > 0 and < 256 } origin])
            throw new ParameterValueException("WebHook-Request-Origin", "The header names the sender.");
        http.Response.Headers["WebHook-Allowed-Origin"] = origin;
        http.Response.Headers["WebHook-Allowed-Rate"] = "*";
        return Results.Ok();
    }

    private async Task<IResult> TakeAsync(HttpContext http, CancellationToken cancellationToken)
    {
        if (!keys.AllowsSystem(http.Request, FunctionKeys.BlobsExtension))
            return Results.StatusCode(StatusCodes.Status401Unauthorized);
        string? name = http.Request.Query["functionName"];
        if (string.IsNullOrEmpty(name))
            throw new ParameterValueException("functionName", $"The query names the function: functionName={FunctionPrefix}NAME.");
        if (!name.StartsWith(FunctionPrefix, StringComparison.OrdinalIgnoreCase)
            || registry.Find(name[FunctionPrefix.Length..]) is not { Kind: TriggerKind.Blob } function || !Feeds(function))
        {
            return Results.Problem($"There is no blob function '{name}' that takes events.", statusCode: StatusCodes.Status404NotFound);
        }

        if (string.Equals(http.Request.Headers["aeg-event-type"], "Unsubscribe", StringComparison.OrdinalIgnoreCase))
            return Results.StatusCode(StatusCodes.Status202Accepted);
        using var body = await ReadAsync(http);
        try
        {
            return await TakeAsync(function, body.RootElement, cancellationToken);
        }
        catch (Exception exception) when (exception is RequestFailedException or AggregateException)
        {
            // Event Grid tells of them again.
            http.Response.Headers.RetryAfter = "10";
            return Results.Problem("The storage cannot be reached; send the events again.", statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }

    private async Task<IResult> TakeAsync(FunctionDescriptor function, JsonElement body, CancellationToken cancellationToken)
    {
        // All are looked at before any is taken: a batch that is wrong is refused as a whole.
        var blobs = new List<TriggeringBlob>();
        var events = body.ValueKind == JsonValueKind.Array ? body.EnumerateArray().ToList() : [body];
        for (var i = 0; i < events.Count; i++)
        {
            var path = body.ValueKind == JsonValueKind.Array ? FormattableString.Invariant($"[{i}]") : "body";
            if (events[i].ValueKind != JsonValueKind.Object)
                throw new ParameterValueException(path, "An event is a JSON object.");
            switch (Text(events[i], "eventType") ?? Text(events[i], "type"))
            {
                case Validation:
                    var code = Text(Data(events[i], path), "validationCode")
                        ?? throw new ParameterValueException(path + ".data.validationCode", "The code to be sent back is missing.");
                    return Results.Json(new { validationResponse = code });
                case Created:
                    if (BlobOf(function, events[i], path) is { } blob)
                        blobs.Add(blob);
                    break;
                case null:
                    throw new ParameterValueException(path + ".eventType", "The type of the event is missing.");
            }
        }

        foreach (var blob in blobs)
            queue.Add(await messages.KeepAsync(blob, cancellationToken));
        return Results.StatusCode(StatusCodes.Status202Accepted);
    }

    // Null when the blob is none that the function watches.
    private TriggeringBlob? BlobOf(FunctionDescriptor function, JsonElement item, string path)
    {
        const string Head = "/blobServices/default/containers/";
        const string Middle = "/blobs/";
        var subject = Text(item, "subject") ?? "";
        var end = subject.StartsWith(Head, StringComparison.Ordinal) ? subject.IndexOf(Middle, Head.Length, StringComparison.Ordinal) : -1;
        if (end <= Head.Length || end + Middle.Length == subject.Length)
            throw new ParameterValueException(path + ".subject", $"The subject names container and blob: {Head}CONTAINER{Middle}NAME.");
        var etag = Text(Data(item, path), "eTag");
        if (string.IsNullOrEmpty(etag) || etag.Length > 256 || etag.Any(c => c is < ' ' or > '~'))
            throw new ParameterValueException(path + ".data.eTag", "The version of the blob is missing.");
        var (container, name) = (subject[Head.Length..end], subject[(end + Middle.Length)..]);
        var pattern = BlobParameterBinder.PatternOf(function, configuration);
        if (pattern.Container != container || name.Length > 1024 || pattern.Match(name) is null)
            return null;
        return new TriggeringBlob(function, container, name, TriggeringBlob.Quoted(new ETag(etag)), DateTimeOffset.MaxValue)
        {
            Client = connections.Of(function).GetBlobContainerClient(container).GetBlockBlobClient(name),
        };
    }

    private static JsonElement Data(JsonElement item, string path) => item.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object
        ? data
        : throw new ParameterValueException(path + ".data", "The data of the event is missing.");

    private static string? Text(JsonElement item, string name)
    {
        try
        {
            return item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException exception)
        {
            throw new ParameterValueException(name, "The text holds half a character (a lone surrogate).", exception);
        }
    }

    private static async Task<JsonDocument> ReadAsync(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = MaxBodyBytes;
        try
        {
            return await JsonDocument.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted);
        }
        catch (JsonException exception)
        {
            throw JsonBody.Explain(exception);
        }
    }
}
