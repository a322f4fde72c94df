using Iml4e.Assessment.Experiment;

namespace Iml4e.Functions.Serving;

/// <summary>
/// How the traffic of a model is split, one small document a model, changed by compare-and-swap alone. Without a document all traffic goes to the champion.
/// </summary>
internal sealed record TrafficDocument
{
    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>The experiment that owns the split.</summary>
    public required string ExperimentId { get; init; }

    /// <summary>Salt of the unit hash; the experiment's id, so that slices are drawn anew in each experiment.</summary>
    public required string Salt { get; init; }

    /// <summary>Where the unit comes from: <c>header:NAME</c>, <c>json:$.path</c> or <c>prediction</c>.</summary>
    public required string UnitKey { get; init; }

    /// <summary>Which hash assigns units.</summary>
    public AssignmentHash Hash { get; init; } = AssignmentHash.Sha256;

    /// <summary>Larger with every change of the model's split, also from one experiment to the next.</summary>
    public long Version { get; init; }

    /// <summary>Share of units in the challenger slice, and as many in the control slice; 0..0.5. When weighted 0..1, and all others in the control slice.</summary>
    public required double Share { get; init; }

    /// <summary>Version that the challenger slice gets, and that shadow copies are scored with.</summary>
    public required string ChallengerVersion { get; init; }

    /// <summary>Version that the control slice gets: the champion, or in the watch after a promotion the previous one.</summary>
    public required string ControlVersion { get; init; }

    /// <summary>Version that everybody else gets.</summary>
    public required string OutsideVersion { get; init; }

    /// <summary>Whether there are no slices: all that the challenger does not get belongs to the control.</summary>
    public bool Weighted { get; init; }

    /// <summary>Whether the challenger scores a copy of the requests, off the request path.</summary>
    public bool Shadow { get; init; }

    /// <summary>The slice of a unit.</summary>
    public Assignment Assign(string unit) => !Weighted ? UnitAssignment.Assign(Salt, unit, Share, Hash)
        : UnitAssignment.Position(Salt, unit) < Share ? Assignment.Challenger : Assignment.Control;

    /// <summary>Path of the document in the catalogue.</summary>
    public static string PathOf(string model) => $"traffic/{model}.json";
}
