using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.Assessment.Validation;
using Iml4e.Functions.Http;
using Iml4e.Inference.OpenInference;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.Serving;

/// <summary>The body of a request of the repository extension; an empty one asks for the defaults.</summary>
/// <param name="ReadyOnly">Only what is ready (index).</param>
/// <param name="Version">The one version meant; null = the model (load, unload).</param>
/// <param name="Configuration">How the model is to be served; null = as before (load).</param>
/// <param name="HasFiles">Files come with it (load).</param>
internal sealed record RepositoryRequest(bool ReadyOnly, string? Version, ServingConfiguration? Configuration, bool HasFiles)
{
    /// <summary>Reads the body.</summary>
    /// <exception cref="OpenInferenceException">400: it is not as the extension says.</exception>
    public static async Task<RepositoryRequest> ReadAsync(HttpRequest http, CancellationToken cancellationToken)
    {
        JsonNode? node;
        try
        {
            node = RequestBody.Parse((await RequestBody.ReadBytesAsync(http, RequestBody.MaxDocumentBytes, cancellationToken)).Span, "application/json");
        }
        catch (DocumentException e)
        {
            throw new OpenInferenceException(400, "the body is not valid: " + string.Join("; ", e.Errors.Select(error => error.Message)));
        }

        if (node is null)
            return new RepositoryRequest(false, null, null, false);
        if (node is not JsonObject body)
            throw new OpenInferenceException(400, "the body must be a JSON object");
        if (body["ready"] is { } ready && ready.GetValueKind() is not (JsonValueKind.True or JsonValueKind.False))
            throw new OpenInferenceException(400, "'ready' must be true or false");
        if (body["parameters"] is not (null or JsonObject))
            throw new OpenInferenceException(400, "'parameters' must be an object");
        var parameters = body["parameters"] as JsonObject;
        if (parameters?["unload_dependents"] is { } dependents && dependents.GetValueKind() is not (JsonValueKind.True or JsonValueKind.False))
            throw new OpenInferenceException(400, "parameter 'unload_dependents' must be true or false");
        return new RepositoryRequest(
            body["ready"]?.GetValue<bool>() == true,
            Text(parameters, "version"),
            Text(parameters, "config") is { } config ? ServingConfiguration.Parse(config) : null,
            parameters?.Any(parameter => parameter.Key.StartsWith("file:", StringComparison.Ordinal)) == true);
    }

    private static string? Text(JsonObject? parameters, string name) => parameters?[name] switch
    {
        null => null,
        var node when node.GetValueKind() == JsonValueKind.String => node.GetValue<string>(),
        _ => throw new OpenInferenceException(400, $"parameter '{name}' must be a string"),
    };
}
