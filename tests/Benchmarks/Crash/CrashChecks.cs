namespace Iml4e.Benchmarks.Crash;

/// <summary>What must hold after all kills, and what does not.</summary>
internal sealed class CrashChecks
{
    private const int Shown = 5;
    private readonly List<(string What, int Of, List<string> Violations)> _checks = [];

    public bool AllHold => _checks.TrueForAll(check => check.Violations.Count == 0);

    /// <param name="what">What there must be none of.</param>
    /// <param name="of">How many were looked at.</param>
    /// <param name="violations">Those of which there must be none.</param>
    public void Add(string what, int of, IEnumerable<string> violations) => _checks.Add((what, of, [.. violations]));

    public void Write(TextWriter output)
    {
        var width = _checks.Max(check => check.What.Length);
        output.WriteLine();
        foreach (var (what, of, violations) in _checks)
        {
            var verdict = violations.Count == 0 ? "met" : "VIOLATED";
            output.WriteLine(FormattableString.Invariant($"  {what.PadRight(width)}  {violations.Count,6:#,0} of {of,9:#,0}  {verdict}"));
            foreach (var violation in violations.Take(Shown))
                output.WriteLine("      " + violation);
        }
    }
}
