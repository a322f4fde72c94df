using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Iml4e.Assessment.Evaluation;
using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Pipelines;
using Iml4e.Assessment.Training;
using Iml4e.Assessment.Validation;
using Iml4e.Functions.Http;
using Iml4e.Functions.Pipelines;

namespace Iml4e.Tests.Unit.Functions;

/// <summary>The schema that editors get against what is really read: generated documents, and their mutations.</summary>
public sealed class PipelineSchemaTests
{
    private static readonly JobKind[] Kinds = [new EvaluateJob(), new TrainJob()];
    private static readonly JsonObject Schema = PipelineSchema.Build(Kinds);

    private const string Whole = """
        name: hq
        project: energyhub
        task: regression
        tags: { house: "7" }
        data: { dataset: hq, label: kwh, time: at, features: [a, b], lags: [{ column: a, lags: [1, 2] }], weight: w, calendar: true }
        train:
          trainer: external
          url: https://train.example.com/fit
          timeout: 6h
          heartbeat: 00:05:00
          parameters: { depth: 3 }
          window: 5000
          minRows: 200
          schedule: "0 0 2 * * *"
          triggers: [schedule, performance]
          cooldown: 6h
          minNewRows: 168
          debounce: 10m
          seed: 1
        triggers:
          monitoring: { signal: dataset_drift_share, high: 0.5, low: 0.3, consecutiveHigh: 3, consecutiveLow: 2, cooldown: "1.00:00:00", maxPerDay: 2, failureBackoffFactor: 2, failureBackoffCap: "14.00:00:00" }
          dataUpdate: { enabled: true, blobPrefix: datasets/hq/, minNewRows: 168, debounce: "00:10:00" }
          repository: { enabled: true, branch: main, paths: ["pipelines/bldg/**"] }
        evaluate: { holdout: 0.2, gap: 24, metric: mae, accept: "mae <= champion.mae" }
        gates: [{ job: evaluate, name: last winter, with: { dataset: winter }, accept: "mae < 3" }]
        experiment: { design: auto, unitKey: "header:x-unit", stages: [0.05, 0.5], stageMinDwell: 1h, primary: { name: absError, type: continuous, direction: lower }, guardrails: [{ name: errors }], labels: { maturity: 1h, deadline: 2h }, maxDuration: 7d }
        monitor: { window: 500, high: 1.5, low: 1.2, cooldown: 2d, driftShare: 0.4 }
        """;

    [Fact]
    public void The_schema_says_which_draft_it_is_and_closes_every_object()
    {
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", Schema["$schema"]!.GetValue<string>());
        foreach (var part in Objects(Schema).Where(o => o.ContainsKey("properties") && o["type"] is not null))
            Assert.False(part["additionalProperties"]?.GetValue<bool>() ?? true, part.ToJsonString());
        Assert.Equal(["evaluate", "train"], Schema["properties"]!["gates"]!["items"]!["properties"]!["job"]!["enum"]!.AsArray().Select(v => v!.GetValue<string>()));
    }

    [Fact]
    public void A_whole_document_fits_and_can_be_used()
    {
        var document = YamlDocument.Parse(Encoding.UTF8.GetBytes(Whole))!;
        Assert.Empty(Errors(Schema, document, ""));
        var errors = new ValidationErrors();
        PipelineValidator.Check(DocumentJson.Read<PipelineDefinition>(document), errors, Kinds);
        Assert.Empty(errors.Items);
        // What is answered is a document again.
        var written = JsonSerializer.SerializeToNode(DocumentJson.Read<PipelineDefinition>(document), DocumentJson.Options)!;
        Assert.Empty(Errors(Schema, written, ""));
    }

    /// <summary>What is read and found right always fits; what does not bind never does, and both blame the same field.</summary>
    [Fact]
    public void Mutated_documents_are_judged_alike()
    {
        var (read, refused) = (0, 0);
        for (var seed = 0; seed < 1500; seed++)
        {
            var document = Mutate(YamlDocument.Parse(Encoding.UTF8.GetBytes(Whole))!.AsObject(), new Random(seed));
            var errors = Errors(Schema, document, "");
            try
            {
                var pipeline = DocumentJson.Read<PipelineDefinition>(document.DeepClone());
                var found = new ValidationErrors();
                PipelineValidator.Check(pipeline, found, Kinds);
                if (!found.IsEmpty)
                    continue;
                Assert.True(errors.Count == 0, $"{string.Join("; ", errors)} in {document.ToJsonString()}");
                read++;
            }
            catch (DocumentException e)
            {
                Assert.True(errors.Count > 0, $"{e.Message} in {document.ToJsonString()}");
                refused++;
            }
        }

        Assert.True(read > 50 && refused > 250, $"{read} read, {refused} refused");
    }

    private static JsonObject Mutate(JsonObject document, Random random)
    {
        for (var i = random.Next(1, 3); i > 0; i--)
        {
            var objects = Objects(document).Where(o => !Free(o, document)).ToList();
            var target = objects[random.Next(objects.Count)];
            var names = target.Select(p => p.Key).ToArray();
            if (names.Length == 0)
                continue;
            var name = names[random.Next(names.Length)];
            switch (random.Next(4))
            {
                case 0: target.Remove(name); break;
                case 1: target["x" + name] = 1; break;
                case 2: target[name] = Values()[random.Next(Values().Length)]; break;
                default: target[names[random.Next(names.Length)]] = target[name]?.DeepClone(); break;
            }
        }

        return document;
    }

    // What may hold anything: the parameters of a trainer, the fields of a gate's job.
    private static bool Free(JsonObject o, JsonObject root) =>
        ReferenceEquals(o, (root["train"] as JsonObject)?["parameters"]) || o.Parent is JsonObject gate && ReferenceEquals(gate["with"], o);

    private static JsonNode?[] Values() =>
    [
        null, true, "text", "6h", 0.5, 3, -1, 1e300, new JsonArray(), new JsonArray("a"), new JsonArray(1.5), new JsonArray(new JsonObject()), new JsonObject(), "main", new JsonArray((JsonNode?)null),
    ];

    private static IEnumerable<JsonObject> Objects(JsonNode? node) => node switch
    {
        JsonObject o => o.SelectMany(p => Objects(p.Value)).Prepend(o),
        JsonArray a => a.SelectMany(Objects),
        _ => [],
    };

    // The keywords that the schema uses; another one would go unnoticed, so that it fails.
    private static List<string> Errors(JsonNode? schema, JsonNode? value, string path)
    {
        if (schema is JsonValue all)
            return all.GetValue<bool>() ? [] : [$"{path}: nothing is allowed here"];
        var errors = new List<string>();
        var rules = schema!.AsObject();
        foreach (var (keyword, rule) in rules)
        {
            switch (keyword)
            {
                case "$schema" or "$id" or "title" or "description" or "default" or "additionalProperties":
                    break;
                case "type":
                    if (!(rule is JsonArray types ? types.Select(t => t!.GetValue<string>()) : [rule!.GetValue<string>()]).Contains(TypeOf(value), TypeComparer.Instance))
                        errors.Add($"{path}: {rule!.ToJsonString()} expected");
                    break;
                case "enum":
                    if (!rule!.AsArray().Any(v => JsonNode.DeepEquals(v, value)))
                        errors.Add($"{path}: one of {rule.ToJsonString()} expected");
                    break;
                case "pattern":
                    if (TypeOf(value) == "string" && !Regex.IsMatch(value!.GetValue<string>(), rule!.GetValue<string>()))
                        errors.Add($"{path}: does not match");
                    break;
                case "required":
                    if (value is JsonObject having)
                        errors.AddRange(rule!.AsArray().Where(r => !having.ContainsKey(r!.GetValue<string>())).Select(r => $"{path}: {r} is missing"));
                    break;
                case "properties":
                    if (value is JsonObject map)
                    {
                        foreach (var (name, member) in map)
                        {
                            if (rule!.AsObject().TryGetPropertyValue(name, out var inner))
                                errors.AddRange(Errors(inner, member, $"{path}.{name}"));
                            else if (rules["additionalProperties"] is { } more)
                                errors.AddRange(Errors(more, member, $"{path}.{name}"));
                        }
                    }

                    break;
                case "items":
                    if (value is JsonArray list)
                        errors.AddRange(list.SelectMany((item, i) => Errors(rule, item, $"{path}[{i}]")));
                    break;
                default:
                    errors.Add($"the keyword {keyword} is not known here");
                    break;
            }
        }

        if (!rules.ContainsKey("properties") && rules["additionalProperties"] is { } any && value is JsonObject free)
            errors.AddRange(free.SelectMany(p => Errors(any, p.Value, $"{path}.{p.Key}")));
        return errors;
    }

    private static string TypeOf(JsonNode? value) => value?.GetValueKind() switch
    {
        null or JsonValueKind.Null => "null",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.String => "string",
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        _ => value.ToJsonString().AsSpan().ContainsAny(".eE") ? "number" : "integer",
    };

    private sealed class TypeComparer : IEqualityComparer<string>
    {
        public static readonly TypeComparer Instance = new();

        public bool Equals(string? x, string? y) => x == y || (x == "number" && y == "integer");

        public int GetHashCode(string obj) => 0;
    }
}
