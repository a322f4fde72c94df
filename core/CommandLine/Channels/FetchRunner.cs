using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Iml4e.CommandLine.Api;
using Iml4e.CommandLine.Jobs;

namespace Iml4e.CommandLine.Channels;

/// <summary>
/// Asks a channel once, and brings a file up to date: what has come is used only when signature, sequence and digest are right, and the file is replaced in
/// one step. A download that breaks off goes on where it was.
/// </summary>
/// <param name="http">Sends requests; its base address is the app.</param>
/// <param name="output">A line with what came of it.</param>
/// <param name="time">The clock.</param>
internal sealed class FetchRunner(HttpClient http, TextWriter output, TimeProvider time)
{
    /// <summary>Exit code when something was refused.</summary>
    public const int Refused = 3;

    private const int MaxManifestBytes = 1024 * 1024;
    private const int Attempts = 4;

    /// <summary>Does it, and gives the exit code.</summary>
    /// <exception cref="RequestException">The options are wrong.</exception>
    /// <exception cref="ApiException">The app refused.</exception>
    /// <exception cref="RefusedException">What the app sent must not be used.</exception>
    public async Task<int> RunAsync(FetchOptions options, CancellationToken ct)
    {
        var keys = PinnedKeys.Read(options.Pins);
        var file = options.Out.FullName;
        var state = FetchState.Read(file);
        var accepted = state is null ? null : ManifestVerifier.ReadStored(state.Jws);
        var present = await DigestAsync(file, ct);
        var path = $"api/models/{Uri.EscapeDataString(options.Model)}/channels/{Uri.EscapeDataString(options.Channel)}"
            + (options.Device is null ? "" : "?device=" + Uri.EscapeDataString(options.Device));
        // Only who has the file may be told that nothing is new.
        var known = accepted is not null && accepted.Digest == present && accepted.Model == options.Model && accepted.Channel == options.Channel ? state : null;
        var answer = await AskAsync(path, known?.Tag, ct);
        var (jws, tag) = answer ?? (known!.Jws, known.Tag);
        var keyId = ManifestVerifier.KeyId(jws);
        if (keys.IsTrusted(keyId) && !keys.Has(keyId))
            keys.Learn(await JsonAsync("api/.well-known/jwks.json", ct));
        var manifest = ManifestVerifier.Verify(jws, keys, options.Model, options.Channel, time.GetUtcNow());
        ManifestVerifier.CheckSequence(manifest, accepted);
        if (manifest.Digest == present)
        {
            FetchState.Write(file, new FetchState(jws, tag));
            await output.WriteLineAsync($"current: {manifest.Model} version {manifest.Version}, sequence {manifest.Sequence}");
            return ExitCodes.Accepted;
        }

        await DownloadAsync(manifest, file, ct);
        FetchState.Write(file, new FetchState(jws, tag));
        await output.WriteLineAsync(
            $"updated: {manifest.Model} version {accepted?.Version ?? "none"} -> {manifest.Version}, sequence {manifest.Sequence}, {manifest.Digest}");
        return ExitCodes.Accepted;
    }

    private static async Task<string?> DigestAsync(string file, CancellationToken ct)
    {
        if (!File.Exists(file))
            return null;
        await using var stream = File.OpenRead(file);
        return "sha256:" + Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, ct));
    }

    private static ApiException Problem(string path, HttpStatusCode status, byte[] body) => new(status, ProblemText.Describe("GET", path, status, body));

    // The manifest and its entity tag; null when nothing is new.
    private async Task<(string Jws, string? Tag)?> AskAsync(string path, string? tag, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/jose"));
        if (tag is not null)
            request.Headers.TryAddWithoutValidation("If-None-Match", tag);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        if (tag is not null && response.StatusCode == HttpStatusCode.NotModified)
            return null;
        await response.Content.LoadIntoBufferAsync(MaxManifestBytes, ct);
        if (response.StatusCode != HttpStatusCode.OK)
            throw Problem(path, response.StatusCode, await response.Content.ReadAsByteArrayAsync(ct));
        return ((await response.Content.ReadAsStringAsync(ct)).Trim(), response.Headers.ETag?.ToString());
    }

    private async Task<JsonNode?> JsonAsync(string path, CancellationToken ct)
    {
        using var response = await http.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, ct);
        await response.Content.LoadIntoBufferAsync(MaxManifestBytes, ct);
        var body = await response.Content.ReadAsByteArrayAsync(ct);
        if (response.StatusCode != HttpStatusCode.OK)
            throw Problem(path, response.StatusCode, body);
        try
        {
            return JsonNode.Parse(body);
        }
        catch (JsonException e)
        {
            throw new RefusedException($"/{path} is not JSON: {e.Message}");
        }
    }

    private async Task DownloadAsync(Manifest manifest, string file, CancellationToken ct)
    {
        // Named by its digest: a part of another version is never gone on with.
        var part = $"{file}.{manifest.Digest[7..23]}.part";
        var begun = File.Exists(part);
        while (true)
        {
            await FillPatientlyAsync(manifest, part, ct);
            if (new FileInfo(part).Length == manifest.Size && await DigestAsync(part, ct) == manifest.Digest)
                break;
            File.Delete(part);
            // What was there from an earlier time may be what is wrong: once more from the start.
            if (!begun)
                throw new RefusedException($"What was downloaded is not {manifest.Digest}; the file is as it was.");
            begun = false;
        }

        File.Move(part, file, overwrite: true);
    }

    private async Task FillPatientlyAsync(Manifest manifest, string part, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await FillAsync(manifest, part, ct);
                return;
            }
            catch (Exception e) when (e is HttpRequestException or IOException && attempt < Attempts)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(250 << attempt), time, ct);
            }
        }
    }

    private async Task FillAsync(Manifest manifest, string part, CancellationToken ct)
    {
        await using var target = new FileStream(part, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        if (target.Length > manifest.Size)
            target.SetLength(0);
        if (target.Length == manifest.Size)
            return;
        var path = manifest.Content.TrimStart('/');
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (target.Length > 0)
        {
            request.Headers.Range = new RangeHeaderValue(target.Length, null);
            request.Headers.IfRange = new RangeConditionHeaderValue(new EntityTagHeaderValue($"\"{manifest.Digest}\""));
        }

        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.PartialContent))
            throw Problem(path, response.StatusCode, await response.Content.ReadAsByteArrayAsync(ct));
        if (response.StatusCode == HttpStatusCode.OK)
            target.SetLength(0);
        else if (response.Content.Headers.ContentRange?.From != target.Length)
            throw new RefusedException("The app sent another part of the file than was asked for.");
        target.Seek(0, SeekOrigin.End);
        await using var source = await response.Content.ReadAsStreamAsync(ct);
        var buffer = new byte[128 * 1024];
        int read;
        while ((read = await source.ReadAsync(buffer, ct)) > 0)
        {
            if (target.Position + read > manifest.Size)
                throw new RefusedException("The app sent more than the manifest says.");
            await target.WriteAsync(buffer.AsMemory(0, read), ct);
        }

        target.Flush(flushToDisk: true);
    }
}
