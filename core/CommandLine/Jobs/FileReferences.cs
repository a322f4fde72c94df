using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Iml4e.CommandLine.Api;

namespace Iml4e.CommandLine.Jobs;

/// <summary>
/// Uploads the files that a request names and puts the names of the uploaded data sets and models in their places: a value <c>file:PATH</c> anywhere, or the
/// fields <c>dataset_file</c> and <c>model_file</c>, which become <c>dataset</c> and <c>model</c>. Files in the fields <c>predictions</c> and <c>boxes</c> are
/// put beside the request's data set. A file's resource is named after the file and its content, so that the same file is uploaded once.
/// </summary>
internal sealed class FileReferences(ApiClient api, string folder, Action<string> say)
{
    private const string Scheme = "file:";
    private const int DigestDigits = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly string[] Predictions = ["predictions", "boxes"];
    private readonly Dictionary<(string Path, bool Model), string> _uploaded = [];

    /// <summary>Uploads and replaces, in place.</summary>
    /// <exception cref="RequestException">A file is not there, or there are predictions without a data set.</exception>
    /// <exception cref="ApiException">The app refused a file.</exception>
    public async Task ResolveAsync(JsonNode? request, CancellationToken ct)
    {
        await DataAndModelsAsync(request, ct);
        await PredictionsAsync(request, request, ct);
    }

    private async Task DataAndModelsAsync(JsonNode? node, CancellationToken ct)
    {
        switch (node)
        {
            case JsonObject members:
                foreach (var (name, value) in members.ToList())
                {
                    if (Predictions.Contains(name) && IsFile(value))
                        continue;
                    if (Resource(name) is { } field && Text(value) is { } path)
                    {
                        members.Remove(name);
                        members[field] = await UploadAsync(WithoutScheme(path), field == "model", ct);
                    }
                    else if (Text(value) is { } text && text.StartsWith(Scheme, StringComparison.Ordinal))
                    {
                        members[name] = await UploadAsync(WithoutScheme(text), IsModel(text), ct);
                    }
                    else
                    {
                        await DataAndModelsAsync(value, ct);
                    }
                }
                break;
            case JsonArray items:
                for (var i = 0; i < items.Count; i++)
                {
                    if (Text(items[i]) is { } text && text.StartsWith(Scheme, StringComparison.Ordinal))
                        items[i] = await UploadAsync(WithoutScheme(text), IsModel(text), ct);
                    else
                        await DataAndModelsAsync(items[i], ct);
                }
                break;
        }
    }

    // They belong to the data set, whose name is known by now.
    private async Task PredictionsAsync(JsonNode? node, JsonNode? request, CancellationToken ct)
    {
        if (node is not JsonObject members)
            return;
        foreach (var (name, value) in members.ToList())
        {
            if (Predictions.Contains(name) && IsFile(value))
                members[name] = await UploadPredictionsAsync(WithoutScheme(Text(value)!), DatasetOf(request), ct);
            else
                await PredictionsAsync(value, request, ct);
        }
    }

    private static string DatasetOf(JsonNode? request)
    {
        const string Folder = "datasets/";
        var dataset = request?["dataset"];
        var name = Text(dataset is JsonObject reference ? reference["uri"] : dataset)
            ?? throw new RequestException("predictions from a file need a data set that they are put beside: name it as dataset");
        return (name.StartsWith(Folder, StringComparison.Ordinal) ? name[Folder.Length..] : name).Split('/')[0];
    }

    /// <summary>A resource name made of a file's name and its content's digest: lower case letters, digits and hyphens, at most 63 characters.</summary>
    public static string NameFor(string path, ReadOnlySpan<byte> content)
    {
        var stem = new StringBuilder();
        foreach (var c in Path.GetFileNameWithoutExtension(path).ToLowerInvariant())
            stem.Append(char.IsAsciiLetterOrDigit(c) ? c : '-');
        var slug = stem.ToString().Trim('-');
        while (slug.Contains("--", StringComparison.Ordinal))
            slug = slug.Replace("--", "-", StringComparison.Ordinal);
        slug = (slug.Length > 48 ? slug[..48] : slug).Trim('-');
        var digest = Convert.ToHexStringLower(SHA256.HashData(content))[..DigestDigits];
        return slug.Length == 0 ? "file-" + digest : slug + "-" + digest;
    }

    private static string? Resource(string field) => field switch
    {
        "dataset_file" or "datasetFile" => "dataset",
        "model_file" or "modelFile" => "model",
        _ => null,
    };

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static bool IsFile(JsonNode? node) => Text(node)?.StartsWith(Scheme, StringComparison.Ordinal) == true;

    private static string WithoutScheme(string text) => text.StartsWith(Scheme, StringComparison.Ordinal) ? text[Scheme.Length..] : text;

    private static bool IsModel(string path) => path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase);

    private async Task<string> UploadAsync(string path, bool model, CancellationToken ct)
    {
        var full = Path.GetFullPath(path, folder);
        if (_uploaded.TryGetValue((full, model), out var known))
            return known;
        var content = await ReadAsync(full, ct);
        var name = NameFor(full, content);
        var key = Convert.ToHexStringLower(SHA256.HashData(content));
        say($"uploading {Path.GetFileName(full)} ({content.Length:N0} bytes) as {(model ? "model" : "data set")} {name}");
        // The key makes a repeated upload find the first one.
        var headers = new Dictionary<string, string> { ["Idempotency-Key"] = key };
        var target = model
            ? $"api/models/{name}/versions?key={key}"
            : $"api/datasets/{name}?mode=replace&file={Uri.EscapeDataString(Path.GetFileName(full))}";
        var mediaType = !model && full.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) ? "text/csv" : "application/octet-stream";
        await ApiClient.UntilAcknowledgedAsync(token => api.SendBytesAsync(HttpMethod.Put, target, content, mediaType, headers, token), Patience, ct);
        _uploaded[(full, model)] = name;
        return name;
    }

    private async Task<string> UploadPredictionsAsync(string path, string dataset, CancellationToken ct)
    {
        var full = Path.GetFullPath(path, folder);
        var content = await ReadAsync(full, ct);
        var name = NameFor(full, content);
        say($"uploading {Path.GetFileName(full)} ({content.Length:N0} bytes) as predictions {name} for {dataset}");
        var target = $"api/datasets/{Uri.EscapeDataString(dataset)}/predictions/{name}";
        await ApiClient.UntilAcknowledgedAsync(
            token => api.SendBytesAsync(HttpMethod.Put, target, content, "application/json", new Dictionary<string, string>(), token), Patience, ct);
        return name;
    }

    private static async Task<byte[]> ReadAsync(string full, CancellationToken ct) => File.Exists(full)
        ? await File.ReadAllBytesAsync(full, ct)
        : throw new RequestException($"the file {full} is not there; paths are relative to the folder of the request");
}
