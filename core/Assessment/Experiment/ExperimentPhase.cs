using System.Text.Json.Serialization;

namespace Iml4e.Assessment.Experiment;

/// <summary>Where an experiment stands. Promoted, RolledBack, KeptChampion, Invalid and Aborted are final.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<ExperimentPhase>))]
public enum ExperimentPhase
{
    /// <summary>Created, not yet looked at.</summary>
    Draft,

    /// <summary>Waits for a person, before the ramp or before promotion.</summary>
    AwaitingApproval,

    /// <summary>The challenger scores copies of the champion's requests; the smoke phase, or the whole of a paired design.</summary>
    Shadow,

    /// <summary>The challenger answers a stage's share.</summary>
    Ramping,

    /// <summary>As Ramping, in the last stage, with nothing left to advance to.</summary>
    Holding,

    /// <summary>Decided for the challenger; the alias is being moved.</summary>
    Promoting,

    /// <summary>The challenger is champion, the old one is held back for comparison.</summary>
    Watching,

    /// <summary>Final: the challenger is champion.</summary>
    Promoted,

    /// <summary>Final: the challenger was taken out.</summary>
    RolledBack,

    /// <summary>Final: no decision for the challenger; the champion stays.</summary>
    KeptChampion,

    /// <summary>Final: the data cannot be trusted.</summary>
    Invalid,

    /// <summary>Final: stopped by a person.</summary>
    Aborted,
}
