namespace Iml4e.CommandLine.Verification;

/// <summary>What <c>iml4e verify</c> was asked for.</summary>
/// <param name="Scopes">Parts of the catalogue, in the order in which they are walked.</param>
/// <param name="Json">Whether to write one JSON document instead of tables.</param>
internal sealed record VerifyOptions(IReadOnlyList<string> Scopes, bool Json)
{
    /// <summary>All parts; each names only what stands in those after it.</summary>
    public static IReadOnlyList<string> AllScopes { get; } = ["models", "datasets", "runs", "documents", "audit", "predictions", "artefacts"];
}
