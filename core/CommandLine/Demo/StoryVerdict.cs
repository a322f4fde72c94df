using System.Globalization;

namespace Iml4e.CommandLine.Demo;

/// <summary>Whether the story was told in full, part by part.</summary>
internal sealed record StoryVerdict
{
    private const int QuietDays = 14;
    private const int WindowDays = 7;

    /// <summary>Mean absolute error over the two weeks before the change, kWh a zone and hour.</summary>
    public double? ErrorBefore { get; private init; }

    /// <summary>Largest weekly error between the change and the promotion.</summary>
    public double? ErrorAfter { get; private init; }

    /// <summary>Error over the latest week, once the promoted model has predicted a whole one.</summary>
    public double? ErrorNow { get; private init; }

    /// <summary>Live day on which the promotion was seen; null before.</summary>
    public int? PromotionDay { get; private init; }

    /// <summary>The parts of the story in order: what should happen, and whether it did.</summary>
    public required IReadOnlyList<(string Part, bool Done)> Parts { get; init; }

    /// <summary>True when every part has happened.</summary>
    public bool IsTold => Parts.All(p => p.Done);

    /// <summary>Judges a story so far.</summary>
    public static StoryVerdict Of(StoryState state)
    {
        var change = StoryBuilding.ChangeDay;
        var after = state.Events.Where(e => e.Day >= change).ToList();
        var trigger = after.FindIndex(e => e.IsPerformanceTrigger);
        var trained = after.FindIndex(e => e.IsTrainingStart);
        var experiment = after.FindIndex(Math.Max(trained, 0), e => e.IsExperimentStart);
        var promotion = experiment < 0 ? -1 : after.FindIndex(experiment, e => e.IsPromotion);
        var decided = experiment >= 0 && after.Skip(experiment).Any(e => e.IsDecision || e.IsPromotion);
        int? promotionDay = promotion < 0 ? null : after[promotion].Day;

        var before = DayError.Mean(state.Errors, change - QuietDays, change);
        var peakEnd = promotionDay ?? state.Day;
        double? peak = null;
        for (var day = change; day + WindowDays <= peakEnd; day++)
            peak = DayError.Mean(state.Errors, day, day + WindowDays) is { } week && week > (peak ?? 0) ? week : peak;
        var last = state.Errors.Count == 0 ? 0 : state.Errors.Keys.Max() + 1;
        var now = promotionDay is { } promoted && last - WindowDays > promoted ? DayError.Mean(state.Errors, last - WindowDays, last) : null;
        var rose = before > 0 && peak > before * 1.25;
        return new StoryVerdict
        {
            ErrorBefore = before,
            ErrorAfter = peak,
            ErrorNow = now,
            PromotionDay = promotionDay,
            Parts =
            [
                ("the error rose after the refurbishment", rose),
                ("the change was found: a performance trigger after it, before the promotion", trigger >= 0 && (promotion < 0 || trigger < promotion)),
                ("a challenger was trained and passed the gate", trained >= 0 && experiment >= 0),
                ("the challenger was tested on live traffic", decided),
                ("the challenger was promoted", promotion >= 0),
                ("the error fell by at least half of its rise", rose && now is { } fallen && peak - fallen >= (peak - before) / 2),
            ],
        };
    }

    /// <summary>An error for a person, or a dash.</summary>
    public static string Show(double? error) => error is { } value ? value.ToString("0.000", CultureInfo.InvariantCulture) + " kWh" : "–";
}
