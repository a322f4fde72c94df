using Iml4e.Assessment.Experiment;

namespace Iml4e.Functions.Experiments;

/// <summary>Body of a start.</summary>
internal sealed record StartExperimentRequest
{
    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>The version that wants to be champion.</summary>
    public required string Challenger { get; init; }

    /// <summary>How it is compared with the champion; frozen from now on.</summary>
    public ExperimentConfiguration Experiment { get; init; } = new();

    /// <summary>What the experiment is to find, for the answer to say how long it will take; null for no answer to that.</summary>
    public PlanRequest? Plan { get; init; }
}

/// <summary>What an experiment is to find.</summary>
internal sealed record PlanRequest
{
    /// <summary>The difference that matters, in the metric's unit.</summary>
    public required double Effect { get; init; }

    /// <summary>The champion's rate of a binary metric, else the standard deviation of the outcomes (of their differences in a paired design).</summary>
    public required double Baseline { get; init; }

    /// <summary>New units a day.</summary>
    public double UnitsPerDay { get; init; }

    /// <summary>The chance to find it; 0.8.</summary>
    public double Power { get; init; } = 0.8;
}
