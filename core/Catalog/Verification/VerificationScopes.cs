namespace Iml4e.Catalog;

/// <summary>The parts of a catalogue that a verification walks, by the names that callers give them.</summary>
public static class VerificationScopes
{
    /// <summary>Every part, in the order in which they are walked: what a part names stands in those after it.</summary>
    public static IReadOnlyList<VerificationScope> Parts { get; } =
    [
        VerificationScope.Models, VerificationScope.Datasets, VerificationScope.Runs, VerificationScope.Documents, VerificationScope.Audit,
        VerificationScope.Predictions, VerificationScope.Artefacts,
    ];

    /// <summary>Names that <see cref="TryParse"/> knows: the parts, and <c>all</c>.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Parts.Select(Name), Name(VerificationScope.All)];

    /// <summary>The name of a scope.</summary>
    public static string Name(VerificationScope scope) => scope.ToString().ToLowerInvariant();

    /// <summary>The scope of that name, in whatever case; false when there is none.</summary>
    public static bool TryParse(string name, out VerificationScope scope)
    {
        scope = Parts.Append(VerificationScope.All).FirstOrDefault(s => Name(s).Equals(name, StringComparison.OrdinalIgnoreCase));
        return scope != VerificationScope.None;
    }
}
