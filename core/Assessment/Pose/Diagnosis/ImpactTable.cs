namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>What errors cost in one range of areas.</summary>
/// <param name="Area">Name of the range.</param>
/// <param name="Baseline">Average precision as it is.</param>
/// <param name="Steps">Error by error.</param>
public sealed record ImpactTable(string Area, ImpactFigure Baseline, IReadOnlyList<ImpactStep> Steps)
{
    /// <summary>The step of an error.</summary>
    public ImpactStep this[PoseError error] => Steps.First(s => s.Error == error);
}
