using System.Globalization;
using Iml4e.Catalog;
using Iml4e.CatalogTrials.Predictions;

namespace Iml4e.Benchmarks;

/// <summary>Predictions over HTTP, answered before the app was killed (SIGKILL), looked for in the log afterwards.</summary>
internal sealed class PredictionsBenchmark(string folder, TextWriter output)
{
    public const int DefaultKills = 20;
    public const int DefaultPredictions = 20_000;
    public const int DefaultSeed = 1;

    /// <summary>Runs, writes what was lost, and tells whether it is no more than was promised.</summary>
    public async Task<bool> RunAsync(int kills, int predictions, int seed, CancellationToken ct)
    {
        var result = await new PredictionCrashTrial(Path.Combine(folder, "predictions")).RunAsync(kills, predictions, seed, ct);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"predictions: {result.Kills} SIGKILLs of the app under load, in {result.Seconds:0} s"));
        Write("durable", result.Durable);
        Write("buffered", result.Buffered);
        return result.Durable.Lost == 0 && result.Durable.Doubled == 0 && result.Buffered.Doubled == 0 && result.Buffered.Span <= new CatalogOptions().BufferedWindow;
    }

    private void Write(string model, PredictionLosses losses) => output.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"  {model,-8}  answered {losses.Answered}, in the log {losses.Logged}, twice {losses.Doubled}, answered and missing {losses.Lost}, answered within {losses.Span.TotalMilliseconds:0} ms at most"));
}
