using System.Net;
using Iml4e.LocalRuntime.Worker;
using Iml4e.LocalRuntime.Worker.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using FromBodyAttribute = Iml4e.LocalRuntime.Worker.Http.FromBodyAttribute;

namespace Iml4e.Tests.Integration.LocalRuntime;

public sealed class Greeter
{
    private int created;

    public int Created => created;

    public void Count() => Interlocked.Increment(ref created);
}

public sealed record Order(string Item, int Count);

/// <summary>One function of every shape that HTTP functions have.</summary>
public sealed class HttpFunctions(Greeter greeter)
{
    [Function("Action")]
    public IActionResult Action([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "action/{id:int}")] HttpRequest request, int id)
    {
        greeter.Count();
        return new OkObjectResult(new { Id = id, Query = request.Query["q"].ToString() });
    }

    [Function("Minimal")]
    public static async Task<IResult> Minimal(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "minimal")] HttpRequest request, [FromBody] Order order)
    {
        await Task.Yield();
        return Results.Json(order with { Count = order.Count + 1 }, statusCode: StatusCodes.Status201Created);
    }

    [Function("Optional")]
    public static string Optional([HttpTrigger(AuthorizationLevel.Anonymous, "post")] HttpRequest request, [FromBody] Order? order) => order?.Item ?? "none";

    [Function("Data")]
    public static async Task<HttpResponseData> Data([HttpTrigger(AuthorizationLevel.Anonymous, "get", "post")] HttpRequestData request, FunctionContext context)
    {
        var response = request.CreateResponse(HttpStatusCode.Accepted);
        response.Headers.Add("X-Function", context.FunctionDefinition.Name);
        response.Cookies.Append("crumb", "1");
        await response.WriteAsJsonAsync(new { Method = request.Method, Name = request.Query["name"], Body = await request.ReadAsStringAsync() });
        return response;
    }

    [Function("Poco")]
    public static ValueTask<Order> Poco(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "poco/{item}/{count:int?}")] HttpContext http, string item, int count = 7)
        => new(new Order(item, count));

    [Function("Text")]
    public static string Text([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request, CancellationToken cancellation)
        => "text " + cancellation.CanBeCanceled;

    [Function("ById")]
    public static string ById(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "by-id/{id}/{on}/{level}")] HttpRequest request, Guid id, bool on, DayOfWeek level)
        => $"{id:N} {on} {level}";

    [Function("Silent")]
    public static void Silent([HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "action/{id:int}")] HttpRequest request, int id)
        => request.HttpContext.Response.StatusCode = StatusCodes.Status204NoContent;

    [Function("Throws")]
    public static string Throws([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest request)
        => throw new InvalidOperationException("secret of /srv/secret.txt");

    [Function("TooLarge")]
    public static async Task<string> TooLarge([HttpTrigger(AuthorizationLevel.Anonymous, "post")] HttpRequest request)
    {
        request.HttpContext.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = 10;
        using var reader = new StreamReader(request.Body);
        return await reader.ReadToEndAsync();
    }

    [Function("Keyed")]
    public static string Keyed([HttpTrigger(AuthorizationLevel.Function, "get")] HttpRequest request) => "in";

    [Function("KeyedToo")]
    public static string KeyedToo([HttpTrigger(AuthorizationLevel.Function, "get")] HttpRequest request) => "in";

    [Function("AdminOnly")]
    public static string AdminOnly([HttpTrigger(AuthorizationLevel.Admin, "get")] HttpRequest request) => "in";

    [Function("SystemOnly")]
    public static string SystemOnly([HttpTrigger(AuthorizationLevel.System, "get")] HttpRequest request) => "in";

    [Function("Missing")]
    public static IActionResult Missing([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request) => new NotFoundResult();
}
