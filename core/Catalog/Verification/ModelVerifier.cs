using System.Globalization;

namespace Iml4e.Catalog;

/// <summary>
/// Checks models: versions without gaps, their details and artefacts, aliases, and that the history of moves leads to where the aliases point.
/// </summary>
internal sealed class ModelVerifier(DocumentStore models, DocumentStore details, DocumentStore archives)
{
    public Task VerifyAsync(Verification verification, CancellationToken ct)
        => verification.EachAsync<ModelDocument>(models, "models", (path, model, cancel) => VerifyAsync(verification, path, model, cancel), ct);

    private async Task VerifyAsync(Verification verification, string path, ModelDocument model, CancellationToken ct)
    {
        var place = $"models/{path}";
        if (model.Name != path)
            await verification.FaultAsync(place, "order", $"is the document of model {ResourceName.Quote(model.Name)}");
        if (model.Versions.DistinctBy(v => v.Key).Count() != model.Versions.Count)
            await verification.FaultAsync(place, "order", "has two versions of one key");
        for (var i = 0; i < model.Versions.Count; i++)
        {
            var version = model.Versions[i];
            var at = $"{place}/versions/{version.Version}";
            if (version.Version != (i + 1).ToString(CultureInfo.InvariantCulture))
                await verification.FaultAsync(at, "order", $"is the version number {i + 1}");
            await VerifyDetailsAsync(verification, at, model.Name, version, ct);
        }

        foreach (var (alias, version) in model.Aliases)
        {
            if (!model.Versions.Exists(v => v.Version == version))
                await verification.FaultAsync($"{place}/aliases/{alias}", "reference", $"points to version {version}, which is not there");
        }

        await VerifyMovesAsync(verification, place, model, ct);
    }

    private async Task VerifyDetailsAsync(Verification verification, string at, string model, ModelVersionSummary version, CancellationToken ct)
    {
        verification.Count("modelVersions");
        ModelVersion? found;
        try
        {
            found = (await details.ReadAsync<ModelVersion>(ModelRegistry.DetailsPath(model, version.Key), ct))?.Value;
        }
        catch (System.Text.Json.JsonException)
        {
            await verification.FaultAsync(at, "unreadable", "its details cannot be read");
            return;
        }

        if (found is null)
            await verification.FaultAsync(at, "missing", "its details are not there");
        else if (found.Digest != version.Digest)
            await verification.FaultAsync(at, "digest", $"its details name the artefact {found.Digest}, its model {version.Digest}");
        await verification.ReferenceAsync(at, version.Digest, found is { Size: > 0 } ? found.Size : null, ct);
    }

    private async Task VerifyMovesAsync(Verification verification, string place, ModelDocument model, CancellationToken ct)
    {
        var moves = new SortedDictionary<long, AliasChange>();
        await foreach (var archive in archives.ReadAllAsync<List<AliasChange>>(model.Name + "/", ct))
        {
            // An archive may have been written for a change of the model that then failed; it is repeated with the same moves.
            foreach (var move in archive.Value.Where(m => m.Sequence <= model.LastMove))
                moves[move.Sequence] = move;
        }

        foreach (var move in model.Moves)
            moves[move.Sequence] = move;
        if (moves.Count != model.LastMove || (moves.Count > 0 && moves.Keys.Max() != model.LastMove))
            await verification.FaultAsync($"{place}/moves", "order", $"{moves.Count} moves of aliases are there, {model.LastMove} were made");
        var aliases = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var move in moves.Values)
        {
            verification.Count("aliasMoves");
            if (aliases.GetValueOrDefault(move.Alias) != move.From)
                await verification.FaultAsync(
                    $"{place}/moves/{move.Sequence}", "chain", $"moves alias {move.Alias} from {move.From ?? "nothing"}, where it was not");
            if (move.To is null)
                aliases.Remove(move.Alias);
            else
                aliases[move.Alias] = move.To;
        }

        if (!aliases.SequenceEqual(model.Aliases))
            await verification.FaultAsync($"{place}/aliases", "chain", "the aliases do not point to where their moves led");
    }
}
