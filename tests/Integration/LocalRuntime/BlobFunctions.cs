using System.Collections.Concurrent;
using System.Text;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using Iml4e.LocalRuntime.Worker;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using FromBodyAttribute = Iml4e.LocalRuntime.Worker.Http.FromBodyAttribute;
using HttpResultAttribute = Iml4e.LocalRuntime.Worker.HttpResultAttribute;

namespace Iml4e.Tests.Integration.LocalRuntime;

public sealed class Seen
{
    public ConcurrentQueue<string> All { get; } = new();

    public ConcurrentDictionary<string, int> Tries { get; } = new();

    /// <summary>How many tries of "bad" blobs fail.</summary>
    public int Failures { get; set; }
}

public sealed class CountingFunctions(Seen seen)
{
    [Function("First")]
    public async Task First([BlobTrigger("%Test:Container%/in/{name}.txt")] Stream content, string name)
    {
        using var reader = new StreamReader(content);
        seen.All.Enqueue($"First {name} {await reader.ReadToEndAsync()}");
    }

    [Function("Second")]
    public void Second([BlobTrigger("%Test:Container%/{path}")] byte[] content, string path)
        => seen.All.Enqueue($"Second {path} {Encoding.UTF8.GetString(content)}");
}

public sealed class FailingFunctions(Seen seen)
{
    [Function("Fails")]
    public void Fails([BlobTrigger("%Test:Container%/{name}")] string content, string name)
    {
        if (seen.Tries.AddOrUpdate(name, 1, (_, tries) => tries + 1) <= seen.Failures)
            throw new InvalidOperationException("cannot read " + name);
        seen.All.Enqueue($"{name} {content}");
    }
}

public sealed record Sheet(string Title, int Rows);

public sealed record OrderAndCopy
{
    [HttpResult]
    public required IActionResult Answer { get; init; }

    [BlobOutput("%Test:Container%out/orders/{id}.json")]
    public Order? Copy { get; init; }
}

public sealed class BindingFunctions(Seen seen)
{
    [Function("Typed")]
    [BlobOutput("%Test:Container%out/{set}/{number}-{datetime:yyyy}.txt")]
    public async Task<string> Typed(
        [BlobTrigger("%Test:Container%/{set}/{number}.json")] Sheet sheet,
        [BlobInput("%Test:Container%side/{set}.txt")] string? side,
        [BlobInput("%Test:Container%side/missing.txt")] byte[]? missing,
        [BlobInput("%Test:Container%side")] BlobContainerClient container,
        [BlobInput("%Test:Container%side")] IEnumerable<string> all,
        [BlobInput("%Test:Container%/{set}/{number}.json")] BlobClient itself,
        string set,
        int number,
        FunctionContext context)
    {
        var length = (await itself.GetPropertiesAsync()).Value.ContentLength;
        bool exists = await container.ExistsAsync();
        var trigger = context.BindingContext.BindingData["BlobTrigger"];
        seen.All.Enqueue(FormattableString.Invariant($"{sheet.Title} {sheet.Rows} {set} {number} side={side} missing={missing is null} {exists}")
            + $" {string.Join('+', all)} {length > 0} {trigger}");
        return sheet.Title.ToUpperInvariant();
    }

    [Function("Client")]
    public async Task Client([BlobTrigger("%Test:Container%/{name}.bin")] BlockBlobClient blob)
        => seen.All.Enqueue($"{blob.Name} {(await blob.GetPropertiesAsync()).Value.ContentLength}");

    [Function("Order")]
    public static OrderAndCopy Order(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "orders/{id}")] HttpRequest request, string id, [FromBody] Order order)
        => new() { Answer = new CreatedResult($"/orders/{id}", order), Copy = order.Count > 0 ? order : null };
}
