using System.Globalization;
using Iml4e.CatalogTrials.Contention;

namespace Iml4e.Benchmarks;

/// <summary>Four processes on one catalogue through a proxy that injects faults.</summary>
internal sealed class ContentionBenchmark(string folder, TextWriter output)
{
    public const int DefaultWrites = 10_000;
    public const int DefaultFaults = 5;
    public const int DefaultSeed = 1;
    private const int Processes = 4;

    /// <summary>Runs, writes what is wrong, and tells whether nothing is.</summary>
    public async Task<bool> RunAsync(int writes, int faults, int seed, CancellationToken ct)
    {
        var work = Directory.CreateDirectory(Path.Combine(folder, "contention")).FullName;
        var result = await new ContentionTrial(work).RunAsync(Processes, writes, faults / 100.0, seed, ct);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"contention: {Processes} processes, {result.Writes} writes acknowledged in {result.Seconds:0} s, {result.Requests} requests, {result.Faults} of them with a fault"));
        foreach (var problem in result.Problems.Take(50))
            output.WriteLine("  " + problem);
        output.WriteLine($"  problems {result.Problems.Count}");
        return result.Problems.Count == 0;
    }
}
