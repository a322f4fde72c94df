using System.Globalization;

namespace Iml4e.Benchmarks.Trees;

/// <summary>Converted boosters against XGBoost's own answers, in full: 20 random ones and one of every kind, 10,000 rows each.</summary>
internal sealed class TreesBenchmark(TextWriter output)
{
    public const int DefaultBoosters = 20;
    public const int DefaultRows = 10_000;
    private const double Tolerance = 1e-6;

    /// <summary>Compares; false when one of them differs by more than 1e-6 or answers another class.</summary>
    public bool Run(int boosters, int rows, CancellationToken cancellationToken)
    {
        output.WriteLine();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Boosters in ONNX Runtime against XGBoost, {rows} rows each; bar {Tolerance:G1}, no class mistaken"));
        output.WriteLine("  objective             method  depth  trees    nodes  missing  base   difference  classes mistaken");
        var kept = true;
        foreach (var given in BoosterCase.Random(boosters, rows, 300).Concat(BoosterCase.EveryKind(rows, 100)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var result = BoosterComparison.Measure(given);
            var met = result.Difference <= Tolerance && result.LabelMismatches == 0;
            kept &= met;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {given.Objective,-20}  {given.TreeMethod,-6}  {given.Depth,5}  {result.Trees,5}  {result.Nodes,7}  {given.Missing,7:P0}  {given.BaseScore ?? "own",-5}  {result.Difference,10:0.0e+0}  {result.LabelMismatches}{(given.Categories.Count > 0 ? "  with categories" : "")}{(met ? "" : "  MISSED")}"));
        }
        return kept;
    }
}
