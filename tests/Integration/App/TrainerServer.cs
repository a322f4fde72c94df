using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Iml4e.Tests.Integration.App;

/// <summary>An external trainer: a real HTTP server that notes how it is called, by path, and leaves the training to the test.</summary>
internal sealed class TrainerServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<TrainerCall> _calls = new();

    private TrainerServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(k => k.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Map("{**path}", TakeAsync);
    }

    /// <summary>Its origin.</summary>
    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    /// <summary>Starts one on a free port.</summary>
    public static async Task<TrainerServer> StartAsync()
    {
        var server = new TrainerServer();
        await server._app.StartAsync();
        return server;
    }

    /// <summary>Status by path that it answers with instead of 202.</summary>
    public ConcurrentDictionary<string, int> Answers { get; } = new(StringComparer.Ordinal);

    /// <summary>Waits for the call of a pipeline's attempt.</summary>
    public Task<TrainerCall> CallAsync(string path, int attempt) => AppStack.UntilAsync(
        () => Task.FromResult(_calls.FirstOrDefault(c => c.Path == path && c.Body["attempt"]!.GetValue<int>() == attempt)!),
        c => c is not null, $"call {attempt} of the trainer at {path}");

    /// <summary>The first call of a run; null when there was none yet.</summary>
    public TrainerCall? CallOf(string runId) => _calls.FirstOrDefault(c => c.Body["runId"]!.GetValue<string>() == runId);

    /// <summary>Calls at a path until now.</summary>
    public int Count(string path) => _calls.Count(c => c.Path == path);

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var text = await reader.ReadToEndAsync();
        var timestamp = context.Request.Headers["X-Iml4e-Timestamp"].ToString();
        var expected = "sha256=" + Convert.ToHexStringLower(
            HMACSHA256.HashData(Encoding.UTF8.GetBytes(AppStack.TrainerKey), Encoding.UTF8.GetBytes($"{timestamp}.{text}")));
        var path = context.Request.Path.Value!;
        _calls.Enqueue(new TrainerCall(
            path, JsonNode.Parse(text)!, expected == context.Request.Headers["X-Iml4e-Signature"],
            DateTimeOffset.FromUnixTimeSeconds(long.Parse(timestamp, CultureInfo.InvariantCulture))));
        context.Response.StatusCode = Answers.GetValueOrDefault(path, 202);
        if (context.Response.StatusCode is >= 300 and < 400)
            context.Response.Headers.Location = Address + "/elsewhere";
    }
}

/// <summary>A call of the app.</summary>
internal sealed record TrainerCall(string Path, JsonNode Body, bool IsSigned, DateTimeOffset At)
{
    /// <summary>An address that the trainer was given, relative to the app.</summary>
    public string Callback(string purpose) => new Uri(Body["callbacks"]![purpose]!.GetValue<string>()).PathAndQuery.TrimStart('/');

    /// <summary>Where its data are, relative to the app.</summary>
    public string Data => new Uri(Body["data"]!["url"]!.GetValue<string>()).PathAndQuery.TrimStart('/');
}
