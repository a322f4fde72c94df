namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>
/// What a job of mode create stored, so that others can use the samples; says of itself that they are attacked, so that nobody trains on them
/// unawares.
/// </summary>
public sealed record AdversarialManifest
{
    /// <summary>Version of this form.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Always true.</summary>
    public bool Adversarial { get; init; } = true;

    /// <summary>When the job was started.</summary>
    public required DateTimeOffset CreatedUtc { get; init; }

    /// <summary>Seed of everything that was random.</summary>
    public required long Seed { get; init; }

    /// <summary>classification or detection.</summary>
    public required string Task { get; init; }

    /// <summary>The attacked model.</summary>
    public required string BaseModel { get; init; }

    /// <summary>Digest of its ONNX file.</summary>
    public required string BaseModelDigest { get; init; }

    /// <summary>Number of classes of a detector, so that targets of another number need a classMap.</summary>
    public int? Classes { get; init; }

    /// <summary>The attack with every parameter.</summary>
    public required Configuration.AttackSettings Attack { get; init; }

    /// <summary>npz or png.</summary>
    public required string Format { get; init; }

    /// <summary>Where pixels are: network, for images at the size that the attacked model takes.</summary>
    public string Space { get; init; } = "network";

    /// <summary>Shape of the samples, [channels, height, width].</summary>
    public required IReadOnlyList<int> Shape { get; init; }

    /// <summary>The samples.</summary>
    public required IReadOnlyList<ManifestSample> Samples { get; init; }

    /// <summary>Images that could not be used.</summary>
    public IReadOnlyList<SkippedImage> Skipped { get; init; } = [];

    /// <summary>Figures of the attacked model.</summary>
    public required IReadOnlyDictionary<string, double?> MetricsOnBase { get; init; }
}
