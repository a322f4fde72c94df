namespace Iml4e.Functions.Channels;

/// <summary>The keys that manifests are or were signed with, newest last; one document.</summary>
internal sealed record SigningDocument
{
    /// <summary>Path of the document.</summary>
    public const string Path = "signing/manifests.json";

    /// <summary>The keys; none is ever taken away, so that what was signed once can be verified.</summary>
    public IReadOnlyList<SigningKey> Keys { get; init; } = [];
}

/// <summary>A key that manifests are or were signed with.</summary>
/// <param name="Id">Its thumbprint.</param>
/// <param name="Public">Its public half.</param>
/// <param name="CreatedAt">When it was first used.</param>
/// <param name="Private">PKCS #8 in base64, of a key that the app has made itself; null of one that the settings give.</param>
internal sealed record SigningKey(string Id, JsonWebKey Public, DateTimeOffset CreatedAt, string? Private);
