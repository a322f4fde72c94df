using System.Globalization;
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

    /// <summary>Reads the settings; throws <see cref="InvalidOperationException"/> with all errors.</summary>
    public static HostSettings Read(IConfiguration configuration, string applicationName)
    {
        var section = configuration.GetSection(Section);
        var errors = new List<string>();
        var defaults = new HostSettings();
        var hostId = configuration["AzureFunctionsWebHost:hostid"]
            ?? new string([.. applicationName.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')]).Trim('-');
        var settings = new HostSettings
        {
            RoutePrefix = (section["extensions:http:routePrefix"] ?? defaults.RoutePrefix).Trim('/'),
            MaxOutstandingRequests = Bound("extensions:http:maxOutstandingRequests", defaults.MaxOutstandingRequests, unbounded: true),
            MaxConcurrentRequests = Bound("extensions:http:maxConcurrentRequests", defaults.MaxConcurrentRequests, unbounded: true),
            BlobParallelism = Bound("extensions:blobs:maxDegreeOfParallelism", defaults.BlobParallelism, unbounded: false),
            BlobTries = Bound("extensions:blobs:poisonBlobThreshold", defaults.BlobTries, unbounded: false),
            FunctionTimeout = Timeout(defaults.FunctionTimeout),
            HostId = hostId.Length is > 0 and <= 32 ? hostId : hostId.Length == 0 ? "app" : hostId[..32].TrimEnd('-'),
        };
        if (section["version"] is { } version && version != "2.0")
            errors.Add($"version is '{version}'; it must be \"2.0\"");
        return errors.Count == 0 ? settings : throw new InvalidOperationException("host.json: " + string.Join("; ", errors));

        int Bound(string key, int fallback, bool unbounded)
        {
            if (section[key] is not { Length: > 0 } text)
                return fallback;
            if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && (value > 0 || (unbounded && value == -1)))
                return value;
            errors.Add($"{key.Replace(':', '.')} is '{text}'; it must be a number above 0{(unbounded ? ", or -1 for no bound" : "")}");
            return fallback;
        }

        TimeSpan? Timeout(TimeSpan? fallback)
        {
            if (section["functionTimeout"] is not { Length: > 0 } text)
                return fallback;
            if (text == "-1")
                return null;
            if (TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var value) && value > TimeSpan.Zero)
                return value;
            errors.Add($"functionTimeout is '{text}'; it must be hh:mm:ss, or -1 for no bound");
            return fallback;
        }
    }
}
