using System.Text.Json;
using System.Text.Json.Serialization;

namespace Iml4e.Learning;

/// <summary>
/// What a model we trained wants to be fed, and what it predicts. Kept in the model's metadata_props under <see cref="PropertyName"/>, as JSON.
/// </summary>
public sealed record FeatureSchema
{
    /// <summary>Key of the model property that holds the schema.</summary>
    public const string PropertyName = "iml4e.schema";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Version of this form: 1.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Classification or regression.</summary>
    public required LearningTask Task { get; init; }

    /// <summary>The column that is predicted.</summary>
    public required string Label { get; init; }

    /// <summary>The column that orders rows, so that histories can be built; null when there is none.</summary>
    public string? Time { get; init; }

    /// <summary>"linear", "boosted-trees" or "network".</summary>
    public required string Trainer { get; init; }

    /// <summary>The model's inputs in order.</summary>
    public required IReadOnlyList<FeatureInput> Inputs { get; init; }

    /// <summary>Names of the features that the graph derives, in the order of its feature matrix.</summary>
    public required IReadOnlyList<string> Features { get; init; }

    /// <summary>The classes in the order of the probabilities; null for regression.</summary>
    public IReadOnlyList<string>? Classes { get; init; }

    /// <summary>True when the label output is INT64 (the label column held numbers).</summary>
    public bool IntegerClasses { get; init; }

    /// <summary>Places of the features that hold codes of categories.</summary>
    internal IReadOnlySet<int> CodeFeatures()
    {
        var places = new HashSet<int>();
        var at = 0;
        foreach (var input in Inputs)
        {
            if (input.Kind == ColumnKind.Category && input.Encoding == CategoryEncoding.Code)
                places.Add(at);
            at += input.FeatureNames().Count();
        }
        return places;
    }

    /// <summary>The schema as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Reads the JSON; <see cref="TrainingDataException"/> when it is not a schema that this version knows.</summary>
    public static FeatureSchema FromJson(string json)
    {
        try
        {
            var schema = JsonSerializer.Deserialize<FeatureSchema>(json, Json);
            if (schema is not { Version: 1, Inputs: not null, Features: not null }
                || schema.Inputs.Any(i => i?.Name is null || i.Column is null || i.History is < 0 or > LagFeature.Largest))
                throw new TrainingDataException("model.schema", $"{PropertyName} is not a schema of version 1");
            return schema;
        }
        catch (JsonException problem)
        {
            throw new TrainingDataException("model.schema", $"{PropertyName} is not a schema: {problem.Message}");
        }
    }
}
