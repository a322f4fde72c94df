using System.Globalization;

namespace Iml4e.Benchmarks.Crash;

/// <summary>An orchestration of the worker's and what it is sent. What it gives depends on kind and seed alone.</summary>
internal sealed record CrashJob(string Kind, int Seed)
{
    /// <summary>Seeds of a kind.</summary>
    public const int Seeds = 24;

    public static readonly IReadOnlyList<string> Kinds = ["FanOut", "Timers", "Events", "Family", "Eternal", "Letters", Ledger];

    /// <summary>The kind of which each adds one to the entity that all share.</summary>
    public const string Ledger = "Ledger";

    /// <summary>The id of that entity.</summary>
    public const string Bank = "@count@bank";

    // Those that wait are the more numerous, so that there is always something to be waited for.
    private static readonly string[] Weighted =
    [
        "FanOut", "FanOut", "Timers", "Timers", "Events", "Events", "Family", "Family", "Eternal", "Eternal", "Letters", "Letters", Ledger, Ledger,
    ];

    /// <summary>Parcels that it must be sent before it ends.</summary>
    public int Parcels => Kind switch { "Events" => 1 + (Seed % 5), "Eternal" => 8, _ => 0 };

    /// <summary>The input as JSON.</summary>
    public string Input => Kind switch
    {
        "Events" => Parcels.ToString(CultureInfo.InvariantCulture),
        "Eternal" => $$"""{ "Seed": {{Seed}}, "Count": {{Parcels}}, "Received": 0, "Parcels": {} }""",
        _ => Seed.ToString(CultureInfo.InvariantCulture),
    };

    public static CrashJob Any(Random random) => new(Weighted[random.Next(Weighted.Length)], random.Next(Seeds));

    public static IEnumerable<CrashJob> All() => Kinds.SelectMany(kind => Enumerable.Range(0, Seeds).Select(seed => new CrashJob(kind, seed)));

    /// <summary>A parcel as JSON; ids count from 1.</summary>
    public string Parcel(int id) => $$"""{ "Id": {{id}}, "Value": {{(Seed * 1000) + id}} }""";
}
