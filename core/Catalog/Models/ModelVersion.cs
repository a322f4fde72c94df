using Iml4e.Inference;

namespace Iml4e.Catalog;

/// <summary>A registered model version; never changes.</summary>
public sealed record ModelVersion
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>"1", "2", … without gaps.</summary>
    public required string Version { get; init; }

    /// <summary>The idempotency key it was registered under.</summary>
    public required string Key { get; init; }

    /// <summary>The artefact that holds the ONNX bytes.</summary>
    public required string Digest { get; init; }

    /// <summary>Bytes of the artefact.</summary>
    public long Size { get; init; }

    /// <summary>When it was registered.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>classification, regression, detection, pose, anomaly …</summary>
    public string? Task { get; init; }

    /// <summary>The graph's inputs.</summary>
    public IReadOnlyList<TensorMetadata> Inputs { get; init; } = [];

    /// <summary>The graph's outputs.</summary>
    public IReadOnlyList<TensorMetadata> Outputs { get; init; } = [];

    /// <summary>The run that made it.</summary>
    public string? RunId { get; init; }

    /// <summary>The data that it learned from.</summary>
    public string? DatasetVersion { get; init; }

    /// <summary>The runtime that it was tried with in a process of its own before it was registered; null when it was not.</summary>
    public string? ProbedWith { get; init; }

    /// <summary>What was measured, by name.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();

    /// <summary>Free labels.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>Whatever else was kept.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();
}
