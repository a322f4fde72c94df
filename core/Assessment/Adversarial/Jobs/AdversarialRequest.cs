using System.Text.Json.Serialization;
using Iml4e.Assessment.Adversarial.Configuration;

namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>
/// Request of the job kind <c>adversarial</c>. A gate's short form, <c>{ attack: pgd, epsilon: 0.03 }</c> with model, version and dataset filled in by the
/// pipeline, is as good as the long one.
/// </summary>
public sealed record AdversarialRequest
{
    /// <summary>What is done.</summary>
    public AdversarialMode Mode { get; init; } = AdversarialMode.Create;

    /// <summary>Seed of everything that is random.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>classification or detection.</summary>
    public string Task { get; init; } = "classification";

    /// <summary>The model that is attacked (create).</summary>
    [JsonPropertyName("base_model"), JsonConverter(typeof(BaseModelConverter))]
    public ModelReference? BaseModel { get; init; }

    /// <summary>Its name alone, instead of base_model.</summary>
    public string? Model { get; init; }

    /// <summary>Its version, beside model.</summary>
    public string? Version { get; init; }

    /// <summary>The clean images (create, matrix).</summary>
    [JsonConverter(typeof(DatasetConverter))]
    public DatasetReference? Dataset { get; init; }

    /// <summary>Version of the data set; the newest when absent.</summary>
    public string? DatasetVersion { get; init; }

    /// <summary>Digest of an artefact with the places of a table's rows, a JSON list of whole numbers from 0; all when absent.</summary>
    public string? Rows { get; init; }

    /// <summary>Column of a table with the classes, as whole numbers from 0.</summary>
    public string? Label { get; init; }

    /// <summary>The attack (create, matrix).</summary>
    [JsonConverter(typeof(AttackConverter))]
    public AttackSettings? Attack { get; init; }

    /// <summary>Its ε, instead of attack.eps.</summary>
    [JsonConverter(typeof(NullableFractionConverter))]
    public double? Epsilon { get; init; }

    /// <summary>How samples are stored.</summary>
    public OutputSettings Output { get; init; } = new();

    /// <summary>How detections are judged.</summary>
    public MetricSettings Metrics { get; init; } = new();

    /// <summary>The samples that are transferred: id of the job that made them, adversarial/ID/manifest.json, or the manifest's digest (transfer).</summary>
    public string? Samples { get; init; }

    /// <summary>The models that are measured (transfer, matrix).</summary>
    public IReadOnlyList<ModelReference> Targets { get; init; } = [];

    /// <summary>The models that are attacked (matrix); the targets when absent.</summary>
    public IReadOnlyList<ModelReference> Sources { get; init; } = [];

    /// <summary>What must be withstood.</summary>
    public GateSettings? Gate { get; init; }

    /// <summary>Expression over the metrics that must hold.</summary>
    public string? Accept { get; init; }

    /// <summary>Whether detectors are attacked.</summary>
    [JsonIgnore]
    internal bool IsDetection => Task == "detection";

    /// <summary>The attack with every default.</summary>
    internal AttackSettings ResolvedAttack()
    {
        var attack = Attack!;
        attack = AttackCatalog.Resolve(attack with { Eps = attack.Eps ?? Epsilon ?? attack.Epsilons?.Max() });
        return Attack!.BatchSize is null && IsDetection ? attack with { BatchSize = 4 } : attack;
    }

    /// <summary>The models that are attacked.</summary>
    internal IReadOnlyList<ModelReference> AllSources() => Mode switch
    {
        AdversarialMode.Create => [BaseModel ?? new ModelReference { Uri = Model!, Version = Version }],
        AdversarialMode.Matrix => Sources.Count > 0 ? Sources : Targets,
        _ => [],
    };
}
