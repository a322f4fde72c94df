using System.Security.Cryptography;
using System.Text;
using Iml4e.Assessment.Pipelines;
using Iml4e.Functions.Http;
using Iml4e.Functions.OpenApi;
using Iml4e.Functions.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Iml4e.Functions.Retraining;

/// <summary>The webhook of a repository: who calls is known by the signature over the raw body, so that no function key is needed.</summary>
internal sealed class RepositoryFunctions(
    PipelineStore pipelines, TriggerService triggers, WebhookDeliveries deliveries, IOptions<AppOptions> options, TimeProvider time)
{
    private const int MaxBodyBytes = 5 << 20;
    private static readonly TimeSpan ReplayWindow = TimeSpan.FromMinutes(5);

    [Function("RepositoryWebhook")]
    [Operation(
        "Tells of a push to a repository; pipelines whose trigger names the branch and one of the paths retrain. GitHub: signed with the app's secret, and not older than "
        + "five minutes by the body's repository.pushed_at (or timestamp). GitLab: with the secret as token. The same delivery counts once in 24 hours.",
        BodyMediaType = "application/json",
        Headers =
        [
            "X-Hub-Signature-256: sha256= and the HMAC-SHA-256 of the raw body, in hexadecimal", "X-Gitlab-Token: instead of a signature",
            "X-GitHub-Delivery: id of the delivery",
            "X-Gitlab-Event-UUID: id of the delivery", "X-GitHub-Event: push; others are ignored",
        ],
        Status = 202)]
    public async Task<IResult> Push(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/webhooks/repository")] HttpRequest request, [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken)
    {
        var secret = options.Value.WebhookSecret;
        if (secret.Length < AppOptions.LeastSecret)
            throw new ApiException(
                403, "webhook.off", $"Webhooks are off: the setting Iml4e__WebhookSecret is not set to {AppOptions.LeastSecret} characters or more.");
        var body = await RequestBody.ReadBytesAsync(request, MaxBodyBytes, cancellationToken);
        var signed = Authenticate(request, body.Span, Encoding.UTF8.GetBytes(secret));
        var id = First(request, "X-GitHub-Delivery", "X-Gitlab-Event-UUID");
        if (id.Length is 0 or > 200)
            throw ApiException.Invalid("X-GitHub-Delivery", "the id of the delivery is needed, 1 to 200 characters; from GitLab X-Gitlab-Event-UUID");
        var kind = First(request, "X-GitHub-Event", "X-Gitlab-Event");
        if (kind is not ("" or "push" or "Push Hook"))
            return ApiJson.Ok(new { delivery = id, ignored = "not a push" }, 202);
        var push = RepositoryPush.Read(RequestBody.Parse(body.Span, "application/json"));
        if (signed)
            CheckTime(push);
        var hash = Convert.ToHexStringLower(SHA256.HashData(body.Span));
        if (await deliveries.IsKnownAsync(id, hash, cancellationToken))
            return ApiJson.Ok(new { delivery = id, duplicate = true }, 202);

        var asked = new List<object>();
        foreach (var pipeline in await pipelines.ReadAllAsync(cancellationToken))
        {
            if (PipelineTriggers.Of(pipeline).Repository is not { } trigger || !push.Concerns(trigger))
                continue;
            var dispatched = await triggers.PushedAsync(
                client, pipeline, $"push of {Short(push.Commit)} to {push.Branch}, {push.Paths.Count} paths", $"repository:{hash[..32]}", cancellationToken);
            asked.Add(new { pipeline = pipeline.Name, runId = dispatched.RunId, started = dispatched.Started, coalesced = dispatched.Coalesced });
        }

        // Only now: a delivery that was cut off is acted on again when it is sent again, and its firings are the same.
        await deliveries.AddAsync(id, hash, cancellationToken);
        return ApiJson.Ok(new { delivery = id, branch = push.Branch, pipelines = asked }, 202);
    }

    /// <summary>Throws unless the caller knows the secret; true when it signed the body, false when it showed the secret itself.</summary>
    private static bool Authenticate(HttpRequest request, ReadOnlySpan<byte> body, byte[] secret)
    {
        const string Prefix = "sha256=";
        if (request.Headers["X-Hub-Signature-256"].ToString() is { Length: > 0 } header)
        {
            Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
            HMACSHA256.HashData(secret, body, expected);
            Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
            var hex = header.StartsWith(Prefix, StringComparison.Ordinal) ? header.AsSpan(Prefix.Length) : [];
            if (hex.Length == 2 * given.Length && Convert.FromHexString(hex, given, out _, out _) == System.Buffers.OperationStatus.Done
                && CryptographicOperations.FixedTimeEquals(expected, given))
                return true;
        }
        else if (request.Headers["X-Gitlab-Token"].ToString() is { Length: > 0 } token
            && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(token)), SHA256.HashData(secret)))
        {
            return false;
        }

        throw new ApiException(
            401, "webhook.signature", "The signature is missing or wrong: X-Hub-Signature-256 with the HMAC-SHA-256 of the raw body is expected.");
    }

    private void CheckTime(RepositoryPush push)
    {
        if (push.PushedAt is not { } at)
            throw ApiException.Invalid("repository.pushed_at", "the signed body must say when it was pushed: Unix seconds or ISO 8601, here or in timestamp");
        if ((time.GetUtcNow() - at).Duration() > ReplayWindow)
            throw new ApiException(
                403, "webhook.stale", "The push is older than five minutes, or from the future: it may be a delivery that somebody recorded.");
    }

    private static string First(HttpRequest request, string one, string other) =>
        request.Headers[one].ToString() is { Length: > 0 } given ? given : request.Headers[other].ToString();

    private static string Short(string commit) => commit.Length > 12 ? commit[..12] : commit;
}
