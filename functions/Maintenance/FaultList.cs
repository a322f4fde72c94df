using Iml4e.Catalog;

namespace Iml4e.Functions.Maintenance;

/// <summary>
/// Counts faults as they are found and keeps the first in the order of their paths, so that a walk that is repeated tells the same and a catalogue full of
/// faults takes no more memory than one with a few.
/// </summary>
internal sealed class FaultList
{
    /// <summary>Faults kept at most.</summary>
    public const int Most = 1000;

    private readonly SortedSet<CatalogFault> _first = new(Comparer<CatalogFault>.Create(Compare));
    private readonly SortedDictionary<string, long> _kinds = new(StringComparer.Ordinal);

    /// <summary>The faults that were kept.</summary>
    public IReadOnlyList<CatalogFault> First => [.. _first];

    /// <summary>All faults, by kind.</summary>
    public IReadOnlyDictionary<string, long> Kinds => _kinds;

    /// <summary>Takes a fault.</summary>
    public void Add(CatalogFault fault)
    {
        _kinds[fault.Kind] = _kinds.GetValueOrDefault(fault.Kind) + 1;
        if (_first.Add(fault) && _first.Count > Most)
            _first.Remove(_first.Max!);
    }

    private static int Compare(CatalogFault left, CatalogFault right)
    {
        var order = string.CompareOrdinal(left.Path, right.Path);
        if (order == 0)
            order = string.CompareOrdinal(left.Kind, right.Kind);
        return order != 0 ? order : string.CompareOrdinal(left.Problem, right.Problem);
    }
}
