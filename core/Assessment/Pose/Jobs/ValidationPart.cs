namespace Iml4e.Assessment.Pose.Jobs;

/// <summary>What became of a unit.</summary>
public sealed record ValidationPart
{
    /// <summary>The unit.</summary>
    public required ValidationUnit Unit { get; init; }

    /// <summary>Digest of the predictions, a COCO result file.</summary>
    public required string Predictions { get; init; }

    /// <summary>Images that could not be read, with the reason.</summary>
    public IReadOnlyList<string> Skipped { get; init; } = [];
}
