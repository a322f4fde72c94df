using System.Diagnostics.Metrics;

namespace Iml4e.Catalog;

/// <summary>What the logs count, under the meter "Iml4e.Catalog".</summary>
internal static class LogMetrics
{
    private static readonly Meter Meter = new("Iml4e.Catalog");

    public static readonly Counter<long> Records = Meter.CreateCounter<long>("iml4e.log.records", description: "Records that the storage has.");
    public static readonly Counter<long> Dropped = Meter.CreateCounter<long>("iml4e.log.dropped", description: "Records that could not be written.");
    public static readonly Counter<long> Retries = Meter.CreateCounter<long>("iml4e.log.retries", description: "Appends whose outcome had to be looked up.");
    public static readonly Histogram<double> Commit = Meter.CreateHistogram<double>("iml4e.log.commit", "ms", "Time of one append to the storage.");
}
