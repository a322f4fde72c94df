using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment.Ctcde;

/// <summary>An experiment as the CTCD-e pipeline ran it; the defaults are those of Iter8 v2, which it most probably used.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record CtcdeOptions
{
    /// <summary>Time between two iterations; 20 seconds.</summary>
    [JsonConverter(typeof(DurationJsonConverter))]
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Iterations of a loop; 15.</summary>
    public int IterationsPerLoop { get; init; } = 15;

    /// <summary>Loops; 1.</summary>
    public int MaxLoops { get; init; } = 1;

    /// <summary>The challenger's largest weight, percent; 100.</summary>
    public int MaxCandidateWeight { get; init; } = 100;

    /// <summary>The most by which the challenger's weight grows in an iteration, percentage points; 10.</summary>
    public int MaxCandidateWeightIncrement { get; init; } = 10;

    /// <summary>Traffic that is spread evenly whatever the metrics say, percent; 10.</summary>
    public int ExplorationTraffic { get; init; } = 10;

    /// <summary>Which way the reward is better; higher.</summary>
    public OutcomeDirection PreferredDirection { get; init; } = OutcomeDirection.Higher;

    /// <summary>What a version must keep to be eligible.</summary>
    public IReadOnlyList<CtcdeObjective> Objectives { get; init; } = [];

    /// <summary>Everything that is wrong with the options, each with the JSON path of the field; empty when they can be used.</summary>
    /// <param name="path">The path of the options in the document.</param>
    public IReadOnlyList<ConfigurationError> Validate(string path = "experiment.ctcde")
    {
        var check = new ConfigurationCheck(path);
        check.That(Interval > TimeSpan.Zero, "interval", "must be positive");
        check.That(IterationsPerLoop is >= 1 and <= 1_000_000, "iterationsPerLoop", "must be from 1 to 1000000");
        check.That(MaxLoops is >= 1 and <= 1000, "maxLoops", "must be from 1 to 1000");
        check.That(MaxCandidateWeight is >= 0 and <= 100, "maxCandidateWeight", "must be from 0 to 100 percent");
        check.That(MaxCandidateWeightIncrement is >= 1 and <= 100, "maxCandidateWeightIncrement", "must be from 1 to 100 percentage points");
        check.That(ExplorationTraffic is >= 0 and <= 100, "explorationTraffic", "must be from 0 to 100 percent");
        check.That(Enum.IsDefined(PreferredDirection), "preferredDirection", "is lower or higher");
        if (Objectives is not { Count: <= 50 })
            check.Fail("objectives", "must be a list of 50 at most");
        else
        {
            for (var i = 0; i < Objectives.Count; i++)
                CheckObjective(check, $"objectives[{i}]", Objectives[i]);
        }
        return check.Errors;
    }

    private static void CheckObjective(ConfigurationCheck check, string path, CtcdeObjective? objective)
    {
        if (objective is null)
        {
            check.Fail(path, "must be given");
            return;
        }
        check.That(!string.IsNullOrWhiteSpace(objective.Metric), path + ".metric", "must name a metric");
        check.That(objective.UpperLimit is not null || objective.LowerLimit is not null, path, "needs upperLimit or lowerLimit");
        check.That(!(objective.LowerLimit > objective.UpperLimit), path + ".lowerLimit", "must not exceed upperLimit");
    }
}
