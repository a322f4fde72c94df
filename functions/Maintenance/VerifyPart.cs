using Iml4e.Catalog;

namespace Iml4e.Functions.Maintenance;

/// <summary>What was found in one part of the catalogue.</summary>
/// <param name="Scope">The part's name.</param>
/// <param name="Checked">Things looked at, by kind.</param>
/// <param name="Kinds">Faults, all of them, by kind.</param>
/// <param name="First">The first faults in the order of their paths, at most <see cref="FaultList.Most"/>.</param>
internal sealed record VerifyPart(
    string Scope, IReadOnlyDictionary<string, long> Checked, IReadOnlyDictionary<string, long> Kinds, IReadOnlyList<CatalogFault> First)
{
    /// <summary>How many faults there are.</summary>
    public long Faults => Kinds.Values.Sum();
}
