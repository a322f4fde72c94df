using Microsoft.Extensions.Configuration;

namespace Iml4e.LocalRuntime.Hosting;

/// <summary>What host.json says, the durable part aside.</summary>
internal sealed record HostSettings
{
    /// <summary>The configuration section that host.json is read into; environment variables of this prefix override it, as in the real host.</summary>
    public const string Section = "AzureFunctionsJobHost";

    /// <summary>What every HTTP route begins with.</summary>
    public string RoutePrefix { get; init; } = "api";

    /// <summary>HTTP requests running and waiting; -1 for no bound.</summary>
    public int MaxOutstandingRequests { get; init; } = -1;

    /// <summary>HTTP requests running; -1 for no bound.</summary>
    public int MaxConcurrentRequests { get; init; } = -1;

    /// <summary>How long an invocation may take; null for no bound.</summary>
    public TimeSpan? FunctionTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Blobs processed at once.</summary>
    public int BlobParallelism { get; init; } = 8 * Environment.ProcessorCount;

    /// <summary>Tries until a blob is put aside.</summary>
    public int BlobTries { get; init; } = 5;

    /// <summary>Names this app in the storage account.</summary>
    public string HostId { get; init; } = "app";

    /// <summary>Reads the settings; what is wrong is noted in <paramref name="json"/>.</summary>
    public static HostSettings Read(HostJson json, IConfiguration configuration, string applicationName)
    {
        var defaults = new HostSettings();
        var hostId = configuration["AzureFunctionsWebHost:hostid"]
            ?? new string([.. applicationName.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')]).Trim('-');
        if (json.Text("version") is { } version && version != "2.0")
            json.Wrong("version", version, "\"2.0\"", 0);
        return new HostSettings
        {
            // No prefix at all is the empty text.
            RoutePrefix = (configuration[$"{Section}:extensions:http:routePrefix"] ?? defaults.RoutePrefix).Trim('/'),
            MaxOutstandingRequests = json.Number("extensions.http.maxOutstandingRequests", defaults.MaxOutstandingRequests, 1, unbounded: true),
            MaxConcurrentRequests = json.Number("extensions.http.maxConcurrentRequests", defaults.MaxConcurrentRequests, 1, unbounded: true),
            BlobParallelism = json.Number("extensions.blobs.maxDegreeOfParallelism", defaults.BlobParallelism, 1),
            BlobTries = json.Number("extensions.blobs.poisonBlobThreshold", defaults.BlobTries, 1),
            FunctionTimeout = json.Bound("functionTimeout", defaults.FunctionTimeout),
            HostId = hostId.Length is > 0 and <= 32 ? hostId : hostId.Length == 0 ? "app" : hostId[..32].TrimEnd('-'),
        };
    }
}
