namespace Iml4e.Benchmarks.Trials;

/// <summary>What the challenger of a trial is like.</summary>
internal enum TrialCase
{
    /// <summary>It is better.</summary>
    Better,

    /// <summary>It answers the same as the champion.</summary>
    Equal,

    /// <summary>It is worse.</summary>
    Worse,

    /// <summary>It is better, and too slow.</summary>
    Slow,

    /// <summary>It is better, and fails on some of its requests.</summary>
    Failing,

    /// <summary>It answers the same as the champion; that an answer was bad is told late.</summary>
    LateLabels,
}

/// <summary>Of the cases.</summary>
internal static class TrialCases
{
    /// <summary>The challenger of a case.</summary>
    public static TrialModel Challenger(this TrialScene scene, TrialCase trial) => trial switch
    {
        TrialCase.Worse => scene.Worse,
        TrialCase.Equal or TrialCase.LateLabels => scene.Champion,
        TrialCase.Slow => scene.Better with { Burden = 40 },
        TrialCase.Failing => scene.Better with { Failing = 0.05 },
        _ => scene.Better,
    } with { Name = "challenger" };

    /// <summary>In words, for tables.</summary>
    public static string InWords(this TrialCase trial) => trial switch
    {
        TrialCase.Better => "better",
        TrialCase.Equal => "equal",
        TrialCase.Worse => "worse",
        TrialCase.Slow => "better, but slow",
        TrialCase.Failing => "better, 5 % of its answers fail",
        _ => "equal, bad outcomes told late",
    };

    /// <summary>Whether a promotion is what should come of it.</summary>
    public static bool ShouldWin(this TrialCase trial) => trial == TrialCase.Better;
}
