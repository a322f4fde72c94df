using System.Net;

namespace Iml4e.LocalRuntime.Hosting;

/// <summary>Settings of the process, in the section <c>LocalRuntime</c> of the configuration.</summary>
public sealed class LocalRuntimeOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "LocalRuntime";

    /// <summary>The address when none is set.</summary>
    public const string DefaultUrl = "http://127.0.0.1:7071";

    /// <summary>
    /// Where to listen, addresses separated by ';'. Port 0 picks a free one. When not set: <c>--urls</c>, <c>ASPNETCORE_URLS</c>,
    /// then <see cref="DefaultUrl"/>.
    /// </summary>
    public string? Url { get; set; }

    /// <summary>The folder of keys, timer states and durable instances; relative to the working directory.</summary>
    public string DataFolder { get; set; } = ".iml4e";

    /// <summary><c>on</c> asks for keys; <c>off</c> does not, and is refused unless every address is loopback.</summary>
    public string Auth { get; set; } = "on";

    /// <summary>The largest request body in bytes; functions may set less for themselves.</summary>
    public long MaxRequestBodyBytes { get; set; } = 512L * 1024 * 1024;

    /// <summary>The time between two looks at the containers of blob triggers.</summary>
    public TimeSpan BlobPollInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether the containers of blob functions that Event Grid is to feed are looked at too, as nothing sends events on one machine. Off where something does.
    /// </summary>
    public bool ScanForBlobEvents { get; set; } = true;

    /// <summary>The delay before the second try of a failed blob; it doubles with each further try.</summary>
    public TimeSpan BlobRetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long running functions may take to end when the process is asked to stop.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The data folder as an absolute path.</summary>
    internal string DataPath => Path.GetFullPath(DataFolder);

    internal bool AuthIsOff => string.Equals(Auth, "off", StringComparison.OrdinalIgnoreCase);

    /// <summary>Everything that is wrong, in words; empty when nothing is.</summary>
    internal IReadOnlyList<string> Validate(IReadOnlyList<string> addresses)
    {
        var errors = new List<string>();
        if (!AuthIsOff && !string.Equals(Auth, "on", StringComparison.OrdinalIgnoreCase))
            errors.Add($"LocalRuntime:Auth is '{Auth}'; it can be 'on' or 'off'");
        if (string.IsNullOrWhiteSpace(DataFolder))
            errors.Add("LocalRuntime:DataFolder is empty");
        if (MaxRequestBodyBytes < 1)
            errors.Add("LocalRuntime:MaxRequestBodyBytes must be at least 1");
        if (BlobPollInterval < TimeSpan.FromMilliseconds(10) || BlobPollInterval > TimeSpan.FromDays(1))
            errors.Add("LocalRuntime:BlobPollInterval must lie between 10 ms and 1 day");
        if (BlobRetryDelay < TimeSpan.Zero || BlobRetryDelay > TimeSpan.FromHours(1))
            errors.Add("LocalRuntime:BlobRetryDelay must lie between 0 and 1 hour");
        if (ShutdownTimeout < TimeSpan.Zero || ShutdownTimeout > TimeSpan.FromHours(1))
            errors.Add("LocalRuntime:ShutdownTimeout must lie between 0 and 1 hour");
        foreach (var address in addresses)
        {
            if (!Uri.TryCreate(Plain(address), UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
                errors.Add($"the listen address '{address}' is not an http or https address");
            else if (AuthIsOff && !IsLoopback(address))
                errors.Add($"LocalRuntime:Auth=off is for loopback addresses only, and '{address}' is not one");
        }

        return errors;
    }

    internal static bool IsLoopback(string address)
        => Uri.TryCreate(address, UriKind.Absolute, out var uri)
            && (string.Equals(uri.Host, "localhost", StringComparison.OrdinalIgnoreCase)
                || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip)));

    // Kestrel takes * and + for any address; Uri does not.
    private static string Plain(string address)
        => address.Replace("//*", "//0.0.0.0", StringComparison.Ordinal).Replace("//+", "//0.0.0.0", StringComparison.Ordinal);
}
