using System.Diagnostics;
using System.Globalization;
using Iml4e.Assessment.Acceptance;
using Iml4e.Benchmarks.Simulations;

namespace Iml4e.Benchmarks;

/// <summary>The experiment's statistics in simulation, and the time that the worst acceptance expressions take, each figure beside its bar.</summary>
internal sealed class ExperimentBenchmark(TextWriter output)
{
    /// <summary>Percent of the full number of runs.</summary>
    public const int DefaultPercent = 100;

    /// <summary>Writes the table; false when a bar is missed.</summary>
    public bool Run(int percent, CancellationToken cancellationToken)
    {
        output.WriteLine($"Experiment, simulated: {percent} % of the full runs");
        output.WriteLine("  bar  seen       wanted       met     seconds  what");
        var met = true;
        var clock = Stopwatch.StartNew();
        foreach (var figure in Figures(percent / 100.0))
        {
            cancellationToken.ThrowIfCancellationRequested();
            met &= figure.Met;
            var seconds = clock.Elapsed.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
            var verdict = figure.Bar == "none" ? "" : figure.Met ? "met" : "MISSED";
            output.WriteLine($"  {(figure.Number == 0 ? "" : figure.Number),3}  {figure.Shown,-9}  {figure.Bar,-11}  {verdict,-6}  {seconds,7}  {figure.What}");
            clock.Restart();
        }
        return met;
    }

    private static IEnumerable<SimulatedFigure> Figures(double scale)
    {
        foreach (var figure in ExperimentSimulations.All(scale))
            yield return figure;
        yield return SlowestExpression();
    }

    /// <summary>The median time of the slowest of some expressions at the limits of length and nesting, read and evaluated.</summary>
    private static SimulatedFigure SlowestExpression()
    {
        string[] worst =
        [
            string.Join("+", Enumerable.Repeat("1", 490)) + "==490",
            string.Join(" or ", Enumerable.Repeat("a>b", 140)),
            string.Concat(Enumerable.Repeat("not ", 60)) + "a<b",
            string.Concat(Enumerable.Repeat("(", 60)) + "a" + string.Concat(Enumerable.Repeat(")", 60)) + "<b",
            string.Concat(Enumerable.Repeat("min(a,", 60)) + "b" + string.Concat(Enumerable.Repeat(")", 60)) + "<b",
            string.Join("+", Enumerable.Range(0, 220).Select(i => $"m{i}")) + "<1",
        ];
        var slowest = 0.0;
        foreach (var text in worst)
        {
            var sample = new Sample();
            for (var i = 0; i < 200; i++)
            {
                var start = Stopwatch.GetTimestamp();
                var expression = AcceptExpression.Parse(text);
                expression.Evaluate(expression.Names.ToDictionary(n => n, _ => 1.0));
                sample.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
            slowest = Math.Max(slowest, sample.Median);
        }
        return new SimulatedFigure(0, "acceptance expression at its limits: median milliseconds", slowest, Most: 10);
    }
}
