using System.Globalization;
using Iml4e.Assessment.Experiment;
using Iml4e.Catalog;

namespace Iml4e.Functions.Experiments;

/// <summary>Finds experiments in the catalogue, and sees to it that a model has one at a time.</summary>
internal sealed class ExperimentService(CatalogStore catalog, TimeProvider time)
{
    // Between the claim of a model and the first record of its experiment lies no more than a few writes.
    private static readonly TimeSpan Begun = TimeSpan.FromMinutes(2);

    /// <summary>Instance id of an experiment's orchestration.</summary>
    public static string InstanceId(string experimentId) => "exp-" + experimentId;

    /// <summary>Id of the experiment of a registered challenger: a pure function, so that a second run of the step makes the same one.</summary>
    public static string IdOf(string model, string version) => $"{model}-v{version}";

    /// <summary>Id of the experiment of a challenger that is tried again, for the <paramref name="time"/>th time.</summary>
    public static string IdOf(string model, string version, int time) => time <= 1 ? IdOf(model, version) : FormattableString.Invariant($"{model}-v{version}x{time}");

    /// <summary>
    /// Makes an experiment the one of its model that may run; true when it is that already. False while another one runs.
    /// </summary>
    public async Task<bool> ClaimAsync(string model, string experimentId, CancellationToken cancellationToken)
    {
        var claimed = await catalog.Documents.UpdateAsync<ExperimentClaim>(
            ExperimentClaim.PathOf(model),
            async (held, ct) => held is not null && (held.ExperimentId == experimentId || await MayRunAsync(held, ct))
                ? held
                : new ExperimentClaim(experimentId, time.GetUtcNow()),
            cancellationToken);
        return claimed!.Value.ExperimentId == experimentId;
    }

    /// <summary>An experiment by id; null when there is none.</summary>
    public async Task<ExperimentDocument?> FindAsync(string id, CancellationToken cancellationToken)
    {
        var cut = id.LastIndexOf("-v", StringComparison.Ordinal);
        if (cut <= 0 || id.Length > 100 || !ResourceName.IsValid(id[..cut]) || !IsNumbered(id.AsSpan(cut + 2)))
            return null;
        return (await catalog.Documents.ReadAsync<ExperimentDocument>(ExperimentDocument.PathOf(id[..cut], id), cancellationToken))?.Value;
    }

    /// <summary>
    /// The newest experiment of a model; null when there is none. It alone can be running: the next begins when it has ended.
    /// </summary>
    public async Task<ExperimentDocument?> NewestAsync(string model, CancellationToken cancellationToken)
    {
        if (await catalog.Documents.ReadAsync<ExperimentClaim>(ExperimentClaim.PathOf(model), cancellationToken) is { } claim
            && await FindAsync(claim.Value.ExperimentId, cancellationToken) is { } claimed)
            return claimed;
        // Experiments of before there were claims, by the number of the challenger.
        var (newest, number) = (default(string), -1L);
        await foreach (var entry in catalog.Documents.ListAsync($"experiments/{model}/", cancellationToken))
        {
            var name = Path.GetFileNameWithoutExtension(entry.Path.AsSpan());
            if (long.TryParse(name[(name.LastIndexOf("-v") + 2)..], NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > number)
                (newest, number) = (entry.Path, version);
        }

        return newest is null ? null : (await catalog.Documents.ReadAsync<ExperimentDocument>(newest, cancellationToken))?.Value;
    }

    /// <summary>Writes an experiment down before its orchestration begins; false when it is there already.</summary>
    public async Task<bool> CreateAsync(ExperimentStart start, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        try
        {
            await catalog.Documents.CreateAsync(
                ExperimentDocument.PathOf(start.Model, start.ExperimentId),
                new ExperimentDocument { Start = start, CreatedAt = now, State = ExperimentState.Start(start.Configuration, start.ExperimentId, now) },
                cancellationToken);
            return true;
        }
        catch (CatalogConflictException)
        {
            return false;
        }
    }

    /// <summary>Experiments of a model, or of all, newest first.</summary>
    public async Task<IReadOnlyList<ExperimentDocument>> ListAsync(string? model, CancellationToken cancellationToken)
    {
        var list = new List<ExperimentDocument>();
        await foreach (var document in catalog.Documents.ReadAllAsync<ExperimentDocument>(
            model is null ? "experiments/" : $"experiments/{model}/", cancellationToken))
        {
            list.Add(document.Value);
        }

        list.Sort((a, b) => b.CreatedAt.CompareTo(a.CreatedAt));
        return list;
    }

    private async ValueTask<bool> MayRunAsync(ExperimentClaim held, CancellationToken cancellationToken) =>
        await FindAsync(held.ExperimentId, cancellationToken) is { } there ? !there.State.IsFinal : time.GetUtcNow() - held.At < Begun;

    // The version, and behind an x how often it was tried.
    private static bool IsNumbered(ReadOnlySpan<char> text)
    {
        var cut = text.IndexOf('x');
        return IsNumber(cut < 0 ? text : text[..cut]) && (cut < 0 || IsNumber(text[(cut + 1)..]));

        static bool IsNumber(ReadOnlySpan<char> digits) => !digits.IsEmpty && !digits.ContainsAnyExceptInRange('0', '9');
    }
}
