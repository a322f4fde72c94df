using Iml4e.Tests.Integration.App;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer("Iml4e.Tests.Integration.LongestFirst", "Iml4e.Tests.Integration")]

// One more than the processors of the least machine, as tests wait much of their time; with four at once, models and jobs ran into their own time limits there.
[assembly: CollectionBehavior(MaxParallelThreads = 3)]

namespace Iml4e.Tests.Integration;

/// <summary>Starts the collections that take longest first, so that none of them is left over for the end, when nothing runs beside it.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Long =
    [
        nameof(Elec2.Elec2LoopTests), AppCollection.Name, AttackedAppCollection.Name, nameof(Catalog.PredictionLogTests), nameof(LocalRuntime.BlobTests),
        nameof(Durable.PoisonTests), nameof(Catalog.TrialTests), nameof(App.Pages.PipelinePageTests), nameof(Catalog.AuditLogTests),
    ];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(c => Place(c.DisplayName)).ThenBy(c => c.DisplayName, StringComparer.Ordinal);

    // A class without a collection has one of its own, whose name ends in the class's.
    private static int Place(string name)
    {
        var place = Array.FindIndex(Long, l => name == l || name.EndsWith("." + l, StringComparison.Ordinal));
        return place < 0 ? Long.Length : place;
    }
}
