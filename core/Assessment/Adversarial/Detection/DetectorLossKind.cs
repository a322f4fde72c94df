namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>Graphs of losses on a detector's candidates.</summary>
internal enum DetectorLossKind
{
    /// <summary>On what is assigned to each candidate, by weights.</summary>
    Assigned,

    /// <summary>On how many candidates pass the threshold.</summary>
    Overload,
}
