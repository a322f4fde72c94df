namespace Iml4e.Assessment.Pose.Diagnosis;

/// <summary>How well scores tell good detections from bad ones.</summary>
public sealed record ScoringDiagnosis
{
    /// <summary>Scoring errors that are listed.</summary>
    public const int MostErrors = 12;

    /// <summary>Images with detections.</summary>
    public required int ImagesWithDetections { get; init; }

    /// <summary>Images whose detections would stand in another order with optimal scores.</summary>
    public required int ImagesWithSuboptimalOrder { get; init; }

    /// <summary>Objects whose best detection is not the surest one.</summary>
    public required int Errors { get; init; }

    /// <summary>Of them with optimal scores.</summary>
    public required int ErrorsWithOptimalScores { get; init; }

    /// <summary>The errors that there is most to.</summary>
    public required IReadOnlyList<ScoringError> Worst { get; init; }

    /// <summary>By number of detections with a similarity above 0.1: objects with so many.</summary>
    public required IReadOnlyList<int> ObjectsByDetections { get; init; }

    /// <summary>Scores as they are.</summary>
    public required ScoreHistogram Original { get; init; }

    /// <summary>Optimal scores.</summary>
    public required ScoreHistogram Optimal { get; init; }
}
