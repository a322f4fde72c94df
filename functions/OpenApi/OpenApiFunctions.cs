using Iml4e.Functions.Jobs;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.OpenApi;

/// <summary>The contract of the HTTP surface.</summary>
internal sealed class OpenApiFunctions(JobKinds kinds)
{
    private string? _text;

    [Function("OpenApi")]
    [Operation("The OpenAPI 3.1 contract of this app.")]
    public IResult Get([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/openapi.json")] HttpRequest request) =>
        Results.Text(_text ??= OpenApiDocument.Build(typeof(OpenApiFunctions).Assembly, kinds).ToJsonString(), "application/json");
}
