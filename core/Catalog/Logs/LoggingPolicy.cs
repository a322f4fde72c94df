namespace Iml4e.Catalog;

/// <summary>
/// What the prediction log keeps of a model's predictions, and when an answer may be given. Everything that is left out is as the app is set.
/// </summary>
public sealed record LoggingPolicy
{
    /// <summary>Most masks of one policy.</summary>
    public const int MaxMasks = 100;

    /// <summary>Most days that logs are kept by a policy: ten years.</summary>
    public const int MaxRetentionDays = 3660;

    /// <summary>Whether answers wait for the log.</summary>
    public Durability? Durability { get; init; }

    /// <summary>What is kept of the inputs; all when left out.</summary>
    public ContentPolicy? Inputs { get; init; }

    /// <summary>
    /// What is kept of the outputs; when left out, the predicted numbers or labels alone. Feedback can only be compared with what was kept: a prediction
    /// whose outputs were logged by digest takes no outcome.
    /// </summary>
    public ContentPolicy? Outputs { get; init; }

    /// <summary>
    /// Personal fields, masked before the record is made. The columns that masked inputs are named after are personal in the data set too, if it is known: from
    /// the model's pipeline, or from the data set that a version was registered with. Nothing else tells which columns of a data set are personal.
    /// </summary>
    public IReadOnlyList<FieldMask> Mask { get; init; } = [];

    /// <summary>Days (UTC) after which predictions and outcomes are deleted, 1 to 3660; for ever when left out.</summary>
    public int? RetentionDays { get; init; }

    /// <summary>What is wrong with the policy: path of the field, and what would be right.</summary>
    /// <param name="inputs">Names of the model's inputs; null = not known.</param>
    /// <param name="hasKey">Whether there is a key for keyed digests.</param>
    public IEnumerable<(string Path, string Message)> Problems(IReadOnlyCollection<string>? inputs, bool hasKey)
    {
        foreach (var (name, content) in new[] { ("inputs", Inputs), ("outputs", Outputs) })
        {
            if (content is { Log: ContentLogging.Sampled, Rate: not (> 0 and <= 1) })
                yield return ($"{name}.rate", "must be a share above 0 and at most 1");
            if (content is { Log: not ContentLogging.Sampled, Rate: not null })
                yield return ($"{name}.rate", "belongs to log: sampled");
        }

        if (RetentionDays is < 1 or > MaxRetentionDays)
            yield return ("retentionDays", $"must be from 1 to {MaxRetentionDays} days");
        if (Mask.Count > MaxMasks)
            yield return ("mask", $"at most {MaxMasks} masks");
        for (var i = 0; i < Mask.Count; i++)
        {
            foreach (var (path, message) in Mask[i].Problems(inputs, hasKey))
                yield return ($"mask[{i}]{(path.Length == 0 ? "" : "." + path)}", message);
        }
    }
}

/// <summary>How much of the inputs or outputs is kept.</summary>
public sealed record ContentPolicy
{
    /// <summary>How much.</summary>
    public required ContentLogging Log { get; init; }

    /// <summary>With <see cref="ContentLogging.Sampled"/>: the share of predictions, above 0 and at most 1, that are kept in full.</summary>
    public double? Rate { get; init; }
}

/// <summary>How much of a tensor is kept.</summary>
public enum ContentLogging
{
    /// <summary>The values, of tensors that are not larger than the app's limit; of larger ones the digest.</summary>
    All,

    /// <summary>The values for a share of the predictions, the digest for the others; see <see cref="PredictionSampling"/>.</summary>
    Sampled,

    /// <summary>The digest.</summary>
    Digest,
}
