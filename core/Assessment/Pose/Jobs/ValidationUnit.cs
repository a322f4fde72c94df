namespace Iml4e.Assessment.Pose.Jobs;

/// <summary>Some images on which a model is run; or, where predictions are there already, nothing but where they are.</summary>
public sealed record ValidationUnit
{
    /// <summary>Digest of the ground truth.</summary>
    public required string Truth { get; init; }

    /// <summary>Digest of predictions that are there already.</summary>
    public string? Predictions { get; init; }

    /// <summary>Digest of a zip of the images, named after their ids.</summary>
    public string? Images { get; init; }

    /// <summary>Ids of the images.</summary>
    public IReadOnlyList<long> ImageIds { get; init; } = [];

    /// <summary>Digest of boxes in which poses are looked for; null = those of the ground truth.</summary>
    public string? Boxes { get; init; }

    /// <summary>The model.</summary>
    public ValidatedModel? Model { get; init; }

    /// <summary>Digest of the data set's zip, for pictures in the report; null = it has no images.</summary>
    public string? Archive { get; init; }
}
