namespace Iml4e.Catalog;

/// <summary>What a verification found.</summary>
/// <param name="Intact">True when there is no fault.</param>
/// <param name="Faults">How many there are.</param>
/// <param name="Checked">Things looked at, by kind.</param>
public sealed record VerificationSummary(bool Intact, long Faults, IReadOnlyDictionary<string, long> Checked);

/// <summary>
/// Walks the catalogue and checks every digest, reference, order and chain. It reads as it goes and keeps nothing; what is written meanwhile is no fault:
/// whatever is looked at names only what was stored before it.
/// </summary>
public sealed class CatalogVerifier
{
    private readonly ArtefactVerifier artefacts;
    private readonly ModelVerifier models;
    private readonly DatasetVerifier datasets;
    private readonly RunVerifier runs;
    private readonly DocumentVerifier documents;
    private readonly LogVerifier logs;

    internal CatalogVerifier(
        ArtefactVerifier artefacts, ModelVerifier models, DatasetVerifier datasets, RunVerifier runs, DocumentVerifier documents, LogVerifier logs)
    {
        this.artefacts = artefacts;
        this.models = models;
        this.datasets = datasets;
        this.runs = runs;
        this.documents = documents;
        this.logs = logs;
    }

    /// <summary>Verifies; faults are reported one at a time, as they are found.</summary>
    /// <param name="scope">What to walk.</param>
    /// <param name="report">Takes a fault.</param>
    /// <param name="ct">Cancels.</param>
    public Task<VerificationSummary> VerifyAsync(VerificationScope scope, Func<CatalogFault, ValueTask> report, CancellationToken ct = default)
        => VerifyAsync(scope, report, null, ct);

    /// <summary>Verifies and tells how far it is; faults are reported one at a time, as they are found.</summary>
    /// <param name="scope">What to walk.</param>
    /// <param name="report">Takes a fault.</param>
    /// <param name="looked">Takes the number of things looked at so far; called often and by several at once; null for none.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<VerificationSummary> VerifyAsync(
        VerificationScope scope, Func<CatalogFault, ValueTask> report, Action<long>? looked, CancellationToken ct = default)
    {
        using var verification = new Verification(artefacts.Store, report, looked);
        (VerificationScope Part, Func<Verification, CancellationToken, Task> Verify)[] parts =
        [
            (VerificationScope.Models, models.VerifyAsync), (VerificationScope.Datasets, datasets.VerifyAsync), (VerificationScope.Runs, runs.VerifyAsync),
            (VerificationScope.Documents, documents.VerifyAsync), (VerificationScope.Audit, logs.VerifyAuditAsync),
            (VerificationScope.Predictions, logs.VerifyPredictionsAsync), (VerificationScope.Artefacts, artefacts.VerifyAsync),
        ];
        foreach (var (part, verify) in parts)
        {
            if (scope.HasFlag(part))
                await verify(verification, ct);
        }

        return new VerificationSummary(verification.Faults == 0, verification.Faults, verification.Checks);
    }
}
