using Iml4e.CommandLine.Stack;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Iml4e.Benchmarks;

/// <summary>What HTTP alone costs: a Kestrel endpoint in a process of its own that reads a body and gives back a fixed one.</summary>
internal static class BareServer
{
    /// <summary>Serves until it is stopped.</summary>
    /// <param name="port">TCP port on 127.0.0.1.</param>
    /// <param name="answer">File with the body that every POST is answered with.</param>
    /// <param name="ct">Stops it.</param>
    public static async Task RunAsync(int port, FileInfo answer, CancellationToken ct)
    {
        var body = await File.ReadAllBytesAsync(answer.FullName, ct);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(FormattableString.Invariant($"http://127.0.0.1:{port}"));
        await using var app = builder.Build();
        app.MapPost(BenchmarkModel.InferPath, async (HttpContext http) =>
        {
            using var read = new MemoryStream();
            await http.Request.Body.CopyToAsync(read, http.RequestAborted);
            http.Response.ContentType = "application/json";
            http.Response.ContentLength = body.Length;
            await http.Response.Body.WriteAsync(body, http.RequestAborted);
        });
        await app.StartAsync(ct);
        await app.WaitForShutdownAsync(ct);
    }

    /// <summary>Starts it as a child process.</summary>
    public static ChildProcess Start(string folder, int port, byte[] answer)
    {
        var file = Path.Combine(folder, "bare-answer.json");
        File.WriteAllBytes(file, answer);
        string[] command = ["dotnet", typeof(BareServer).Assembly.Location, "bare-server", "--port", FormattableString.Invariant($"{port}"), "--answer", file];
        var settings = new Dictionary<string, string>
        {
            ["DOTNET_gcServer"] = "0",
            // The runtime's own default (hexadecimal), which the callers' settings would change.
            ["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "46",
        };
        return ChildProcess.Start("The bare server", Path.Combine(folder, "bare.log"), command, settings, folder);
    }
}
