namespace Iml4e.Functions.Maintenance;

/// <summary>Request of the job kind <c>verify</c>; empty for the whole catalogue.</summary>
internal sealed record VerifyRequest
{
    /// <summary>What to walk: models, datasets, runs, documents, audit, predictions, artefacts, or all of these.</summary>
    public IReadOnlyList<string> Scope { get; init; } = ["all"];

    /// <summary>Expression over the metrics that must hold for the catalogue to be accepted.</summary>
    public string Accept { get; init; } = "faults == 0";
}
