using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;

namespace Iml4e.LocalRuntime.Hosting;

/// <summary>Reads host.json and local.settings.json into the configuration, below environment variables and command line.</summary>
internal static class LocalConfiguration
{
    /// <summary>Puts both files at the front of the sources, so that whatever comes after overrides them.</summary>
    public static void Insert(IList<IConfigurationSource> sources, string contentRoot)
    {
        sources.Insert(0, new MemoryConfigurationSource { InitialData = Read(contentRoot) });
    }

    /// <summary>The content of a host.json as configuration; throws <see cref="InvalidOperationException"/> when it is no JSON object.</summary>
    public static List<KeyValuePair<string, string?>> ReadHostJson(byte[] content)
    {
        var data = new List<KeyValuePair<string, string?>>();
        using var document = Parse("host.json", content);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            throw new InvalidOperationException("host.json must hold one JSON object.");
        Flatten(HostSettings.Section, document.RootElement, data);
        return data;
    }

    private static List<KeyValuePair<string, string?>> Read(string contentRoot)
    {
        var data = new List<KeyValuePair<string, string?>>();
        if (Find("host.json", contentRoot) is { } host)
            data.AddRange(ReadHostJson(File.ReadAllBytes(host)));

        if (Find("local.settings.json", contentRoot, Directory.GetCurrentDirectory()) is { } local)
        {
            using var document = Parse("local.settings.json", File.ReadAllBytes(local));
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                if (document.RootElement.TryGetProperty("Values", out var values))
                {
                    var flat = new List<KeyValuePair<string, string?>>();
                    Flatten("", values, flat);
                    data.AddRange(flat.Select(pair => KeyValuePair.Create(pair.Key.Replace("__", ":", StringComparison.Ordinal), pair.Value)));
                }

                if (document.RootElement.TryGetProperty("ConnectionStrings", out var connections))
                    Flatten("ConnectionStrings", connections, data);
            }
        }

        return data;
    }

    private static string? Find(string file, params string[] folders)
        => folders.Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists);

    private static JsonDocument Parse(string name, byte[] content)
    {
        try
        {
            return JsonDocument.Parse(content, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        }
        catch (JsonException exception)
        {
            throw new InvalidOperationException($"{name} is not valid JSON: {exception.Message}", exception);
        }
    }

    private static void Flatten(string path, JsonElement element, List<KeyValuePair<string, string?>> into)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                    Flatten(path.Length == 0 ? property.Name : path + ":" + property.Name, property.Value, into);
                break;
            case JsonValueKind.Array:
                var index = 0;
                foreach (var item in element.EnumerateArray())
                    Flatten($"{path}:{index++}", item, into);
                break;
            case JsonValueKind.Null:
                break;
            default:
                into.Add(KeyValuePair.Create<string, string?>(path, element.ValueKind == JsonValueKind.String ? element.GetString() : element.GetRawText()));
                break;
        }
    }
}
