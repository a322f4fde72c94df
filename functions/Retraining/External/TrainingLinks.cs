using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Iml4e.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Iml4e.Functions.Retraining.External;

/// <summary>
/// Addresses that an external trainer may use, each for one purpose, one attempt and until one moment: the signature in the query is all that it needs. And the
/// signature of the app's own calls.
/// </summary>
internal sealed class TrainingLinks(IOptions<AppOptions> options, IConfiguration configuration, TimeProvider time)
{
    /// <summary>Whether external trainers can be used; otherwise what is missing.</summary>
    public string? Missing =>
        options.Value.ExternalTrainerKey.Length < AppOptions.LeastSecret ? $"the setting Iml4e__ExternalTrainerKey is not set to {AppOptions.LeastSecret} characters or more"
        : PublicUrl is null ? "the setting Iml4e__PublicUrl does not say where the app can be reached"
        : null;

    /// <summary>Whether a trainer of that address may be called: its origin is one of those that the app is set to call.</summary>
    public bool IsAllowed(string? url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && options.Value.ExternalTrainers
            .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Any(o => Uri.TryCreate(o, UriKind.Absolute, out var origin) && origin.GetLeftPart(UriPartial.Authority) == uri.GetLeftPart(UriPartial.Authority));

    /// <summary>The address for a purpose.</summary>
    public string Make(string purpose, string runId, int attempt, DateTimeOffset expires)
    {
        var seconds = expires.ToUnixTimeSeconds();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{PublicUrl}/api/trainings/{runId}/{attempt}/{purpose}?expires={seconds}&signature={Convert.ToHexStringLower(Sign(Text(purpose, runId, attempt, seconds)))}");
    }

    /// <summary>Refuses a request whose address was not made here for this purpose, or whose time is over.</summary>
    public void Check(HttpRequest request, string purpose, string runId, int attempt)
    {
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        var hex = request.Query["signature"].ToString();
        if (Missing is not null || !long.TryParse(request.Query["expires"], NumberStyles.None, CultureInfo.InvariantCulture, out var expires)
            || hex.Length != 2 * given.Length || Convert.FromHexString(hex, given, out _, out _) != System.Buffers.OperationStatus.Done
            || !CryptographicOperations.FixedTimeEquals(given, Sign(Text(purpose, runId, attempt, expires))))
            throw new ApiException(403, "link.signature", "The address is not one that this app has made: its signature is missing or wrong.");
        if (time.GetUtcNow().ToUnixTimeSeconds() > expires)
            throw new ApiException(403, "link.expired", "The address is no longer valid: its time is over.");
    }

    /// <summary>The signature of a call of ours: HMAC-SHA-256 of timestamp, dot and body.</summary>
    public string Sign(long timestamp, string body) =>
        "sha256=" + Convert.ToHexStringLower(Sign(string.Create(CultureInfo.InvariantCulture, $"{timestamp}.{body}")));

    private string? PublicUrl =>
        options.Value.PublicUrl is { Length: > 0 } set ? set.TrimEnd('/')
        : configuration["WEBSITE_HOSTNAME"] is { Length: > 0 } host ? "https://" + host
        : configuration["LocalRuntime:Url"] is { Length: > 0 } local ? local.TrimEnd('/')
        : null;

    private byte[] Sign(string text) => HMACSHA256.HashData(Encoding.UTF8.GetBytes(options.Value.ExternalTrainerKey), Encoding.UTF8.GetBytes(text));

    private static string Text(string purpose, string runId, int attempt, long expires) =>
        string.Create(CultureInfo.InvariantCulture, $"{purpose}\n{runId}\n{attempt}\n{expires}");
}
