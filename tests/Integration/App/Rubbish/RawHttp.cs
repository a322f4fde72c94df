using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Iml4e.Tests.Integration.App.Rubbish;

/// <summary>A request as it goes over the wire, byte for byte.</summary>
/// <param name="Verb">First word of the request line.</param>
/// <param name="Target">Path and query as they are sent, nothing escaped.</param>
/// <param name="Headers">Beside Host, Connection and Content-Length.</param>
/// <param name="Body">The body; null for none.</param>
internal sealed record RawRequest(string Verb, string Target, IReadOnlyList<(string Name, string Value)> Headers, byte[]? Body)
{
    /// <summary>A Content-Length that is not the body's; null for the true one.</summary>
    public string? ClaimedLength { get; init; }

    /// <summary>No Content-Length at all: the headers say how the body ends, or nothing does.</summary>
    public bool NoLength { get; init; }

    /// <summary>The sending side is closed when everything is sent, whatever was announced.</summary>
    public bool HangUp { get; init; }

    /// <summary>In how many pieces the request is sent, with a short rest between two.</summary>
    public int Pieces { get; init; } = 1;

    public override string ToString()
    {
        var body = Body is null ? "" : Printable(Encoding.Latin1.GetString(Body));
        return $"{Verb} {Printable(Target)} | {string.Join("; ", Headers.Select(h => $"{h.Name}: {Printable(h.Value)}"))} | {Body?.Length} bytes: {body}";
    }

    private static string Printable(string text) => string.Concat((text.Length > 300 ? text[..300] + "…" : text).Select(c => c is < ' ' or > '~' ? '·' : c));
}

/// <summary>What came back; status 0 when the connection ended without an answer.</summary>
internal sealed record RawAnswer(int Status, string Text);

/// <summary>Sends requests that no decent client would send.</summary>
internal static class RawHttp
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(20);

    public static async Task<RawAnswer> SendAsync(Uri address, RawRequest request)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var patience = new CancellationTokenSource(Patience);
        await socket.ConnectAsync(IPAddress.Loopback, address.Port, patience.Token);
        var head = new StringBuilder().Append(request.Verb).Append(' ').Append(request.Target).Append(" HTTP/1.1\r\nHost: ").Append(address.Authority).Append("\r\nConnection: close\r\n");
        foreach (var (name, value) in request.Headers)
            head.Append(name).Append(": ").Append(value).Append("\r\n");
        if (request is { Body: not null, NoLength: false })
            head.Append("Content-Length: ").Append(request.ClaimedLength ?? request.Body.Length.ToString(CultureInfo.InvariantCulture)).Append("\r\n");
        head.Append("\r\n");
        // What is beyond Latin-1 goes as UTF-8, as a careless client would send it.
        byte[] bytes = [.. Encoding.UTF8.GetBytes(head.ToString()), .. request.Body ?? []];
        using var received = new MemoryStream();
        var sending = SendAllAsync(socket, bytes, request, patience.Token);
        try
        {
            var chunk = new byte[16 * 1024];
            int read;
            while ((read = await socket.ReceiveAsync(chunk, patience.Token)) > 0)
                received.Write(chunk, 0, read);
        }
        catch (SocketException)
        {
            // Reset: what was received until then counts.
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"No end of the answer after {Patience.TotalSeconds} s: {request}");
        }

        await sending;
        var text = Encoding.UTF8.GetString(received.ToArray());
        var status = text.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) && text.Length > 12
            ? int.Parse(text.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture)
            : 0;
        return new RawAnswer(status, text);
    }

    private static async Task SendAllAsync(Socket socket, byte[] bytes, RawRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var piece = Math.Max(1, (bytes.Length + request.Pieces - 1) / request.Pieces);
            for (var sent = 0; sent < bytes.Length;)
            {
                if (sent > 0 && request.Pieces > 1)
                    await Task.Delay(Rest, cancellationToken);
                for (var end = Math.Min(bytes.Length, sent + piece); sent < end;)
                    sent += await socket.SendAsync(bytes.AsMemory(sent..end), cancellationToken);
            }

            // Whoever hangs up is taken for gone and gets no answer; only who announced more than there is does so.
            if (request.HangUp || request.ClaimedLength is not null)
                socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The server had heard enough.
        }
    }
}
