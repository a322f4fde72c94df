namespace Iml4e.Assessment.Pipelines;

/// <summary>What a gate's job is about: a version of the pipeline's model, and the frozen data that it is judged on.</summary>
/// <param name="Version">Version, alias, or <see cref="Challenger"/>.</param>
/// <param name="DatasetVersion">Version of the pipeline's data set.</param>
/// <param name="Rows">Digest of the places of the hold-out rows, a JSON list.</param>
public sealed record GateSubject(string Version, string DatasetVersion, string Rows)
{
    /// <summary>Name of the version that is not registered yet.</summary>
    public const string Challenger = "challenger";
}
