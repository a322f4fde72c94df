using System.Security.Cryptography;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Microsoft.Extensions.Options;

namespace Iml4e.Functions.Channels;

/// <summary>The key that manifests are signed with, and all that were: given by the settings, or made here and kept in the catalogue.</summary>
internal sealed class ManifestKeys(CatalogStore catalog, IOptions<AppOptions> options, KeyGeneration generation, TimeProvider time) : IDisposable
{
    private const int MaxKeys = 200;

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _once = new(1, 1);
    private ECDsa? _key;
    private string _id = "";
    private long _readAt;

    /// <summary>Signs a payload with the present key.</summary>
    /// <exception cref="ApiException">503: there is no key, or the one of the settings is none.</exception>
    public async Task<(Jws Signed, string KeyId)> SignAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        await _once.WaitAsync(cancellationToken);
        try
        {
            await LoadAsync(cancellationToken);
            return (Jws.Sign(_key!, _id, payload.Span), _id);
        }
        finally
        {
            _once.Release();
        }
    }

    /// <summary>Name of the present key.</summary>
    public async Task<string> CurrentAsync(CancellationToken cancellationToken)
    {
        await _once.WaitAsync(cancellationToken);
        try
        {
            await LoadAsync(cancellationToken);
            return _id;
        }
        finally
        {
            _once.Release();
        }
    }

    /// <summary>All keys, newest first.</summary>
    public async Task<IReadOnlyList<SigningKey>> PublishedAsync(CancellationToken cancellationToken)
    {
        if (options.Value.ManifestKey.Length > 0 || generation.IsAllowed)
            await CurrentAsync(cancellationToken);
        var document = await catalog.Documents.ReadAsync<SigningDocument>(SigningDocument.Path, cancellationToken);
        return [.. (document?.Value.Keys ?? []).Reverse()];
    }

    /// <summary>Makes a new key, which signs from now on; the old ones stay published.</summary>
    /// <exception cref="ApiException">409: the key comes from the settings, and is changed there.</exception>
    public async Task<SigningKey> RotateAsync(CancellationToken cancellationToken)
    {
        if (options.Value.ManifestKey.Length > 0 || !generation.IsAllowed)
            throw new ApiException(
                409, "key.configured", "The key is given by the setting Iml4e__ManifestKey: change it there, and the old one stays published.");
        var made = Generate();
        await catalog.Documents.UpdateAsync<SigningDocument>(
            SigningDocument.Path,
            old => old?.Keys.Count >= MaxKeys
                ? throw new ApiException(409, "key.too_many", $"{MaxKeys} keys are published already.")
                : new SigningDocument { Keys = [.. old?.Keys ?? [], made] },
            cancellationToken);
        await _once.WaitAsync(cancellationToken);
        try
        {
            Forget();
        }
        finally
        {
            _once.Release();
        }

        return made;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _key?.Dispose();
        _once.Dispose();
    }

    private void Forget()
    {
        _key?.Dispose();
        _key = null;
    }

    // A key that another process has made counts here after a few seconds.
    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        if (_key is not null && (options.Value.ManifestKey.Length > 0 || time.GetElapsedTime(_readAt) < Fresh))
            return;
        if (options.Value.ManifestKey is { Length: > 0 } given)
        {
            var key = Import(given);
            var known = new SigningKey(JsonWebKey.Of(key).Thumbprint, JsonWebKey.Of(key), time.GetUtcNow(), null);
            await catalog.Documents.UpdateAsync<SigningDocument>(
                SigningDocument.Path,
                old => old?.Keys.Any(k => k.Id == known.Id) == true ? old : new SigningDocument { Keys = [.. old?.Keys ?? [], known] },
                cancellationToken);
            (_key, _id) = (key, known.Id);
            return;
        }

        if (!generation.IsAllowed)
            throw new ApiException(503, "key.missing", "Manifests cannot be signed: the setting Iml4e__ManifestKey is missing.");
        var document = await catalog.Documents.ReadAsync<SigningDocument>(SigningDocument.Path, cancellationToken);
        if (document?.Value.Keys.Any(k => k.Private is not null) != true)
        {
            var made = Generate();
            document = await catalog.Documents.UpdateAsync<SigningDocument>(
                SigningDocument.Path,
                old => old?.Keys.Any(k => k.Private is not null) == true ? old : new SigningDocument { Keys = [.. old?.Keys ?? [], made] },
                cancellationToken);
        }

        var current = document!.Value.Keys.Last(k => k.Private is not null);
        if (_key is null || _id != current.Id)
        {
            Forget();
            _key = ECDsa.Create();
            _key.ImportPkcs8PrivateKey(Convert.FromBase64String(current.Private!), out _);
            _id = current.Id;
        }

        _readAt = time.GetTimestamp();
    }

    private SigningKey Generate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var half = JsonWebKey.Of(key);
        return new SigningKey(half.Thumbprint, half, time.GetUtcNow(), Convert.ToBase64String(key.ExportPkcs8PrivateKey()));
    }

    /// <summary>Reads a private key: PEM, in which line breaks may be written as \n, or PKCS #8 in base64.</summary>
    internal static ECDsa Import(string text)
    {
        var key = ECDsa.Create();
        try
        {
            if (text.Contains("-----BEGIN", StringComparison.Ordinal))
                key.ImportFromPem(text.Replace("\\n", "\n", StringComparison.Ordinal));
            else
                key.ImportPkcs8PrivateKey(Convert.FromBase64String(text), out _);
            JsonWebKey.Of(key);
            key.ExportParameters(includePrivateParameters: true);
            return key;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or FormatException)
        {
            key.Dispose();
            throw new ApiException(
                503, "key.invalid",
                "Manifests cannot be signed: the setting Iml4e__ManifestKey is not a private key on the curve P-256, as PEM or PKCS #8 in base64.");
        }
    }
}
