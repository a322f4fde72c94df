namespace Iml4e.Assessment.Jobs;

/// <summary>What a job wants an experiment tracker (MLflow) to know.</summary>
public sealed record TrackedRun
{
    /// <summary>The experiment; made where there is none.</summary>
    public required string Experiment { get; init; }

    /// <summary>Name of the run; the job's id when null.</summary>
    public string? RunName { get; init; }

    /// <summary>Digest of all that the result depends on; a run that has it already is not made again.</summary>
    public required string InputHash { get; init; }

    /// <summary>Figures that are defined, by name.</summary>
    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    /// <summary>Names of the figures that are not defined.</summary>
    public IReadOnlyList<string> Undefined { get; init; } = [];

    /// <summary>Parameters, by name.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Files, by name, with the digests of their artefacts.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();
}
