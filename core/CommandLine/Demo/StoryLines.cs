using System.Globalization;

namespace Iml4e.CommandLine.Demo;

/// <summary>Sentences of the story that both screens use.</summary>
internal static class StoryLines
{
    private const int WeekDays = 7;

    /// <summary>Error of the latest week whose readings have come, kWh a zone and hour.</summary>
    public static double? LatestError(StoryState state)
    {
        var last = state.Errors.Count == 0 ? 0 : state.Errors.Keys.Max() + 1;
        return DayError.Mean(state.Errors, last - WeekDays, last);
    }

    /// <summary>Who answers how many of a hundred requests, such as <c>v1 75 %, v2 25 %</c>.</summary>
    public static string Split(StoryState state)
    {
        var total = Math.Max(1, state.LatestSplit.Values.Sum());
        return string.Join(", ", state.LatestSplit.Select(s => string.Create(CultureInfo.InvariantCulture, $"v{s.Key} {100.0 * s.Value / total:0} %")));
    }

    /// <summary>One line about the simulated day.</summary>
    public static string Week(StoryState state) => string.Create(
        CultureInfo.InvariantCulture,
        $"{StoryBuilding.DateOf(state.Day):yyyy-MM-dd}  error {StoryVerdict.Show(LatestError(state))}  traffic {Split(state)}  "
            + $"{state.Predictions * StoryBuilding.HoursInDay:N0} zone-hours");

    /// <summary>The end of the story: errors and verdict, part by part.</summary>
    public static IEnumerable<string> End(StoryVerdict verdict, double? firstModelNow)
    {
        yield return "";
        yield return "Error before the change  " + StoryVerdict.Show(verdict.ErrorBefore) + " a zone and hour";
        yield return "Error after the change   " + StoryVerdict.Show(verdict.ErrorAfter) + " (worst week until the promotion)";
        yield return "Error at the end         " + StoryVerdict.Show(verdict.ErrorNow)
            + (firstModelNow is { } first ? " (the first model would have " + StoryVerdict.Show(first) + " on the same days)" : "");
        foreach (var (part, done) in verdict.Parts)
            yield return (done ? "  yes  " : "  NO   ") + part;
        yield return verdict.IsTold
            ? "The story was told in full."
            : "The story was NOT told in full: " + string.Join("; ", verdict.Parts.Where(p => !p.Done).Select(p => "not: " + p.Part)) + ".";
    }
}
