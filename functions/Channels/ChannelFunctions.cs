using Iml4e.Assessment.Validation;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Functions.Models;
using Iml4e.Functions.OpenApi;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Iml4e.Functions.Channels;

/// <summary>
/// The edge channel: an application in the field learns that a newer version is there, by a signed manifest, and downloads it (release flow of IML4E D3.4, section 9).
/// </summary>
internal sealed class ChannelFunctions(CatalogStore catalog, ChannelService channels, ManifestKeys keys, TimeProvider time)
{
    private const int MaxDevice = 200;

    [Function("GetChannel")]
    [Operation(
        "The signed manifest of the version on a channel: champion (or stable), previous, challenger (or candidate), or v and a number. "
        + "JSON with a detached JWS (ES256) in the header x-iml4e-jws, or the compact JWS for Accept: application/jose.",
        Query = ["device: identity of the device, which places it in a staged rollout"],
        Headers = ["If-None-Match: 304 when nothing is new", "Accept: application/jose for a compact JWS"])]
    public async Task<IResult> Get(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "api/models/{name}/channels/{channel}")] HttpRequest request, string name, string channel,
        CancellationToken cancellationToken)
    {
        var device = request.Query["device"].ToString() is { Length: > 0 } given ? given : null;
        if (device?.Length > MaxDevice)
            throw ApiException.Invalid("device", $"must have at most {MaxDevice} characters");
        return new ManifestResult(await channels.ManifestAsync(name, channel, device, cancellationToken), keys);
    }

    [Function("PutChannel")]
    [Operation(
        "Sets the share of the devices that get the present release of a channel, and that which each new release begins with.",
        Body = typeof(RolloutRequest), Headers = ["x-iml4e-actor: who is acting, for the audit log"])]
    public async Task<IResult> Put(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = "api/models/{name}/channels/{channel}")] HttpRequest request, string name, string channel,
        CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadAsync<RolloutRequest>(request, cancellationToken);
        var errors = new ValidationErrors();
        errors.Require(body.Share is null or (>= 0 and <= 1), "share", "must lie in [0, 1]");
        errors.Require(body.InitialShare is null or (>= 0 and <= 1), "initialShare", "must lie in [0, 1]");
        errors.Require(body.Share is not null || body.InitialShare is not null, "share", "is needed, or initialShare");
        errors.ThrowIfAny();
        return ApiJson.Ok(await channels.SetShareAsync(name, channel, body.Share, body.InitialShare, ModelFunctions.Actor(request), cancellationToken));
    }

    [Function("GetManifestKeys")]
    [Operation("The public keys that manifests are or were signed with (RFC 7517), the present one first. A client pins the kid, which is the key's thumbprint (RFC 7638).")]
    public async Task<IResult> Keys(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/.well-known/jwks.json")] HttpRequest request, CancellationToken cancellationToken)
    {
        var published = await keys.PublishedAsync(cancellationToken);
        return new TaggedJson(new
        {
            keys = published.Select(k => new { kty = "EC", crv = "P-256", x = k.Public.X, y = k.Public.Y, kid = k.Id, use = "sig", alg = "ES256", iat = k.CreatedAt.ToUnixTimeSeconds() }),
        });
    }

    [Function("RotateManifestKey")]
    [Operation("Makes a new key that manifests are signed with from now on; the old ones stay published. Not where the key is a setting.", Status = 201)]
    public async Task<IResult> Rotate(
        [HttpTrigger(AuthorizationLevel.Admin, "post", Route = "api/manifest-keys/rotate")] HttpRequest request, CancellationToken cancellationToken)
    {
        var made = await keys.RotateAsync(cancellationToken);
        return ApiJson.Created("/api/.well-known/jwks.json", new { kid = made.Id, made.CreatedAt });
    }

    [Function("GetModelContent")]
    [Operation("The ONNX file of a version; parts of it by Range and If-Range, checked by Repr-Digest (RFC 9530).", Headers = ["Range: bytes to send", "If-Range: the entity tag of a download that is resumed"])]
    public async Task<IResult> Content(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/models/{name}/versions/{version}/content")] HttpRequest request, string name, string version,
        CancellationToken cancellationToken)
    {
        var found = await FindAsync(name, version, cancellationToken);
        if (await channels.BlockAsync(name, version, cancellationToken) is { } block)
            throw new ApiException(410, "version.blocked", $"Version {version} of model '{name}' is blocked: {block.Reason}");
        var content = await catalog.Artefacts.OpenContentAsync(found.Digest, cancellationToken)
            ?? throw new ApiException(503, "artefact.damaged", $"The file of version {version} of model '{name}' is gone.");
        var response = request.HttpContext.Response;
        response.Headers["Repr-Digest"] = $"sha-256=:{Convert.ToBase64String(Convert.FromHexString(found.Digest.AsSpan("sha256:".Length)))}:";
        response.Headers.CacheControl = "private, no-cache";
        response.Headers.XContentTypeOptions = "nosniff";
        var file = Results.Stream(
            content, "application/octet-stream", $"{name}-v{version}.onnx", found.CreatedAt, new EntityTagHeaderValue($"\"{found.Digest}\""), enableRangeProcessing: true);
        return new StoredFile(file, $"The file of version {version} of model '{name}'");
    }

    [Function("BlockModelVersion")]
    [Operation("Blocks a version: no channel gives it any more, and nobody can download it.", Body = typeof(BlockRequest), Headers = ["x-iml4e-actor: who is acting, for the audit log"])]
    public async Task<IResult> Block(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = "api/models/{name}/versions/{version}/block")] HttpRequest request, string name, string version,
        CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadAsync<BlockRequest>(request, cancellationToken);
        if (body.Reason.Length is 0 or > 500)
            throw ApiException.Invalid("reason", "must have 1 to 500 characters");
        await FindAsync(name, version, cancellationToken);
        var actor = ModelFunctions.Actor(request);
        await channels.SetBlockAsync(name, version, new VersionBlock(body.Reason, actor, time.GetUtcNow()), actor, cancellationToken);
        return ApiJson.Ok(new { model = name, version, blocked = await channels.BlockAsync(name, version, cancellationToken) });
    }

    [Function("UnblockModelVersion")]
    [Operation("Takes the block of a version away.", Headers = ["x-iml4e-actor: who is acting, for the audit log"], Status = 204)]
    public async Task<IResult> Unblock(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "api/models/{name}/versions/{version}/block")] HttpRequest request, string name, string version,
        CancellationToken cancellationToken)
    {
        await FindAsync(name, version, cancellationToken);
        await channels.SetBlockAsync(name, version, null, ModelFunctions.Actor(request), cancellationToken);
        return Results.NoContent();
    }

    private async Task<ModelVersion> FindAsync(string name, string version, CancellationToken cancellationToken) =>
        (ResourceName.IsValid(name) && version.Length <= 20 ? await catalog.Models.GetVersionAsync(name, version, cancellationToken) : null)
        ?? throw ApiException.NotFound("model version", $"{(name.Length > 60 ? name[..60] : name)}/{(version.Length > 20 ? version[..20] : version)}");
}

/// <summary>Body of a staged rollout.</summary>
internal sealed record RolloutRequest
{
    /// <summary>Share of the devices that get the present release, 0 to 1.</summary>
    public double? Share { get; init; }

    /// <summary>Share that each new release begins with, 0 to 1.</summary>
    public double? InitialShare { get; init; }
}

/// <summary>Body of a block.</summary>
internal sealed record BlockRequest
{
    /// <summary>Why.</summary>
    public required string Reason { get; init; }
}
