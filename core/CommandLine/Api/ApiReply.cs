using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Iml4e.CommandLine.Api;

/// <summary>An answer of the app.</summary>
/// <param name="Status">HTTP status, 200 to 299.</param>
/// <param name="Headers">Response headers.</param>
/// <param name="Body">The JSON body; null when the answer is empty or not JSON.</param>
internal sealed record ApiReply(HttpStatusCode Status, HttpResponseHeaders Headers, JsonNode? Body)
{
    /// <summary>The first value of a response header, or null.</summary>
    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
