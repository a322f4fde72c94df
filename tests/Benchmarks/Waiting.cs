using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Iml4e.CommandLine.Stack;

namespace Iml4e.Benchmarks;

/// <summary>Waits for a process that starts, with a look every few milliseconds.</summary>
internal static class Waiting
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>A port that is free now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Waits until a connection is taken.</summary>
    public static Task ListeningAsync(int port, CancellationToken ct) => UntilAsync(
        async () =>
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port, ct);
            return true;
        },
        ct);

    /// <summary>Waits until a request succeeds; gives the body of the answer.</summary>
    public static async Task<byte[]> SuccessAsync(HttpClient http, Func<HttpRequestMessage> request, CancellationToken ct)
    {
        byte[] body = [];
        await UntilAsync(
            async () =>
            {
                using var message = request();
                using var response = await http.SendAsync(message, ct);
                body = await response.Content.ReadAsByteArrayAsync(ct);
                return response.IsSuccessStatusCode;
            },
            ct);
        return body;
    }

    private static async Task UntilAsync(Func<Task<bool>> attempt, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                if (await attempt())
                    return;
            }
            catch (Exception e) when (e is SocketException or HttpRequestException || (e is TaskCanceledException && !ct.IsCancellationRequested))
            {
                // Not there yet.
            }

            if (Stopwatch.GetElapsedTime(started) > Patience)
                throw new StackException($"The process did not answer in {Patience.TotalSeconds:0} s.");
            await Task.Delay(5, ct);
        }
    }
}
