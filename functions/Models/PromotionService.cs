using System.Text.Json.Nodes;
using Iml4e.Catalog;
using Iml4e.Functions.Http;
using Iml4e.Functions.Serving;

namespace Iml4e.Functions.Models;

/// <summary>What a promotion or rollback changed.</summary>
internal sealed record Promotion(string Model, string? From, string To, string Reason);

/// <summary>
/// Moves the champion alias. The order is audit intent, alias compare-and-swap, audit done (specification of the adaptive pipeline, section 10): with a key a
/// promotion that was interrupted is done again from the start and leaves the same state and one pair of audit entries.
/// </summary>
internal sealed class PromotionService(CatalogStore catalog, RoutingTable routing)
{
    /// <summary>Makes a version the champion; the champion until now becomes <c>previous</c>.</summary>
    public async Task<Promotion> PromoteAsync(
        string model, string version, string actor, string reason, string? key, CancellationToken cancellationToken)
    {
        var current =
            (await catalog.Models.GetAsync(model, cancellationToken) ?? throw ApiException.NotFound("model", model)).Aliases.GetValueOrDefault("champion");
        var fields = new JsonObject { ["to"] = version, ["from"] = current, ["reason"] = reason };
        var intent = await catalog.Audit.AppendAsync(model, actor, "PromotionIntended", Copy(fields), Key(key, "intent"), cancellationToken);
        // One that was begun before a crash goes on from where it began.
        fields["from"] = intent.Fields["from"]?.DeepClone();
        if (current != version)
        {
            AliasMove[] moves = current is null
                ? [new AliasMove("champion", version, null)]
                : [new AliasMove("champion", version, current), new AliasMove("previous", current, ModelRegistry.AnyVersion)];
            try
            {
                await catalog.Models.MoveAliasesAsync(model, moves, actor, reason, cancellationToken);
            }
            catch (Exception e) when (e is AliasConflictException or CatalogConflictException)
            {
                // Somebody else moved the alias since it was read; what was intended has not happened, unless that is what they did.
                var found = (await catalog.Models.GetAsync(model, cancellationToken))?.Aliases.GetValueOrDefault("champion");
                if (found != version)
                {
                    fields["found"] = found;
                    await catalog.Audit.AppendAsync(model, actor, "PromotionAbandoned", fields, Key(key, "abandoned"), cancellationToken);
                    throw;
                }
            }
        }

        await catalog.Audit.AppendAsync(model, actor, "RoutingChanged", Copy(fields), Key(key, "done"), cancellationToken);
        routing.Invalidate(model);
        return new Promotion(model, current, version, reason);
    }

    /// <summary>Makes the previous champion the champion again.</summary>
    public async Task<Promotion> RollbackAsync(string model, string actor, string reason, CancellationToken cancellationToken)
    {
        var found = await catalog.Models.GetAsync(model, cancellationToken) ?? throw ApiException.NotFound("model", model);
        if (found.Aliases.GetValueOrDefault("previous") is not { } previous)
            throw new ApiException(409, "rollback.impossible", $"Model '{model}' has no previous champion to go back to.");
        var promotion = await PromoteAsync(model, previous, actor, "rollback: " + reason, null, cancellationToken);
        await catalog.Audit.AppendAsync(
            model, actor, "RolledBack", new JsonObject { ["to"] = previous, ["from"] = promotion.From, ["reason"] = reason }, null, cancellationToken);
        return promotion;
    }

    private static string? Key(string? key, string step) => key is null ? null : $"{key}:{step}";

    private static JsonObject Copy(JsonObject fields) => fields.DeepClone().AsObject();
}
