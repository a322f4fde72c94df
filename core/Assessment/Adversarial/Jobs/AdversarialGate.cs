using System.Globalization;
using Iml4e.Assessment.Acceptance;
using Iml4e.Assessment.Adversarial.Configuration;

namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>Judges a job by its gate and its accept expression; both must hold.</summary>
internal static class AdversarialGate
{
    /// <summary>The verdict; null when nothing was to be judged.</summary>
    internal static AcceptResult? Judge(AdversarialRequest request, AdversarialResults results)
    {
        var verdict = AcceptRule.Judge(request.Accept, results.Metrics);
        if (request.Gate is not { } gate)
            return verdict;
        var (passed, reasons) = (verdict?.Accepted ?? true, new List<string>());
        if (verdict is not null)
            reasons.Add(verdict.Explanation);
        if (gate.MaxRelativeMapDrop is { } largest)
        {
            var drop = results.Metrics.GetValueOrDefault("map_drop");
            passed &= drop <= largest;
            reasons.Add(string.Create(CultureInfo.InvariantCulture, $"map_drop {drop:0.####} <= {largest:0.####}"));
        }

        foreach (var (epsilon, least) in gate.MinRobustAccuracy ?? new Dictionary<string, double>())
        {
            // The curve never rises: what holds at the next larger ε that was attacked holds here.
            var at = FractionConverter.TryParse(epsilon, out var size)
                ? results.Curve.Where(c => c.Epsilon >= size - 1e-9).Select(c => (double?)c.RobustAccuracy).FirstOrDefault()
                : null;
            passed &= at >= least;
            reasons.Add(string.Create(
                CultureInfo.InvariantCulture, $"robust accuracy at {epsilon} {(at is { } a ? a.ToString("0.####", CultureInfo.InvariantCulture) : "not measured")} >= {least:0.####}"));
        }

        return new AcceptResult(passed, string.Join("; ", reasons));
    }
}
