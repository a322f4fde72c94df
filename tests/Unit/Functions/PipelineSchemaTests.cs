using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Iml4e.Assessment;
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

    /// <summary>
    /// One number of a right document changed: schema and validator both accept it or both refuse it, around every limit that either has. Every number of the
    /// schema is among those changed.
    /// </summary>
    [Fact]
    public void Numbers_are_judged_alike_by_schema_and_validator()
    {
        var (accepted, refused) = (0, 0);
        var seen = new HashSet<string>();
        var random = new Random(5);
        foreach (var text in Numbers)
        {
            var right = YamlDocument.Parse(Encoding.UTF8.GetBytes(text))!.AsObject();
            Assert.True(Accepts(right), text);
            Assert.Empty(Errors(Schema, right, ""));
            // Each in the first document that has it: in the others it stands beside numbers that depend on it.
            foreach (var (path, rules) in NumberRules(Schema, right, "").ToList())
            {
                var name = Regex.Replace(path, @"\[\d+\]", "[]");
                if (!seen.Add(name) || name == LastOfList)
                    continue;
                foreach (var value in Around(rules, random))
                {
                    var changed = right.DeepClone().AsObject();
                    Put(changed, path, value);
                    var fits = Errors(Schema, changed, "").Count == 0;
                    Assert.True(fits == Accepts(changed), $"{path} = {value.ToJsonString()}: the schema {(fits ? "accepts" : "refuses")} it, the validator does not agree");
                    (accepted, refused) = fits ? (accepted + 1, refused) : (accepted, refused + 1);
                }
            }
        }

        Assert.Equal(NumberPaths(Schema, "").Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
        Assert.True(accepted > 500 && refused > 200, $"{accepted} accepted, {refused} refused");
    }

    /// <summary>Several numbers at once: what the schema refuses nobody accepts. What it accepts may still break a rule between two fields.</summary>
    [Fact]
    public void What_the_schema_refuses_the_validator_refuses_too()
    {
        var refused = 0;
        for (var seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            var document = YamlDocument.Parse(Encoding.UTF8.GetBytes(Numbers[random.Next(Numbers.Length)]))!.AsObject();
            var numbers = NumberRules(Schema, document, "").ToList();
            for (var i = random.Next(1, 5); i > 0; i--)
            {
                var (path, rules) = numbers[random.Next(numbers.Count)];
                var values = Around(rules, random).ToList();
                Put(document, path, values[random.Next(values.Count)]);
            }

            if (Errors(Schema, document, "").Count == 0)
                continue;
            refused++;
            Assert.False(Accepts(document), document.ToJsonString());
        }

        Assert.True(refused > 500, $"{refused} refused");
    }

    /// <summary>The pattern of a duration against what reads it, on texts that are durations or nearly so.</summary>
    [Fact]
    public void The_pattern_of_a_duration_is_what_is_read()
    {
        var rules = Schema["properties"]!["train"]!["properties"]!["cooldown"]!.AsObject();
        var (read, refused) = (0, 0);
        var random = new Random(7);
        string[] units = ["ms", "s", "m", "h", "d", "", "y", "S"];
        for (var i = 0; i < 20_000; i++)
        {
            var text = random.Next(3) switch
            {
                0 => $"{Digits(9)}{(random.Next(3) == 0 ? "." + Digits(3) : "")}{units[random.Next(units.Length)]}",
                1 => $"{(random.Next(2) == 0 ? Digits(5) + "." : "")}{Digits(2)}:{Digits(2)}:{Digits(2)}{(random.Next(3) == 0 ? "." + Digits(8) : "")}",
                _ => Near(random),
            };
            var fits = Errors(rules, JsonValue.Create(text), "").Count == 0;
            Assert.True(fits == DurationText.TryParse(text, out _), $"'{text}': the pattern {(fits ? "accepts" : "refuses")} it");
            (read, refused) = fits ? (read + 1, refused) : (read, refused + 1);
        }

        Assert.True(read > 2000 && refused > 2000, $"{read} read, {refused} refused");

        string Digits(int most) => string.Concat(Enumerable.Range(0, random.Next(0, most + 1)).Select(_ => (char)('0' + random.Next(10))));
    }

    // Around the longest that there is.
    private static string Near(Random random)
    {
        (long Longest, string Unit)[] all = [(3653, "d"), (3653 * 24, "h"), (3653 * 1440, "m"), (3653 * 86400L, "s"), (3653 * 86_400_000L, "ms"), (3653, ".00:00:00"), (3653, ".00:00:00.0"), (3652, ".23:59:59.9999999")];
        var (longest, unit) = all[random.Next(all.Length)];
        string[] parts = ["", ".", ".0", ".00001", ".9"];
        return $"{(random.Next(4) == 0 ? "0" : "")}{longest + random.Next(-2, 3)}{(unit[0] == '.' ? "" : parts[random.Next(parts.Length)])}{unit}";
    }

    // Its last one must be 1, whatever the schema says of the others.
    private const string LastOfList = "experiment.groupSequential.looks[]";

    // Documents that together have every number there is; changing one alone, in the first document that has it, breaks no rule between two.
    private static readonly string[] Numbers =
    [
        """
        name: hq
        task: regression
        data: { dataset: hq, label: kwh, time: at, lags: [{ column: a, lags: [1, 2] }] }
        train: { trainer: linear, window: 5000, minRows: 200, minNewRows: 168, seed: 1 }
        triggers:
          monitoring: { signal: dataset_drift_share, window: 100, high: 1.0e+308, low: 0, consecutiveHigh: 3, consecutiveLow: 2, maxPerDay: 2, failureBackoffFactor: 2 }
          dataUpdate: { minNewRows: 168 }
        evaluate: { holdout: 0.2, gap: 24 }
        monitor: { window: 500, high: 1.0e+308, low: 0, consecutiveHigh: 3, consecutiveLow: 2, driftShare: 0.4, maxPerDay: 2, failureBackoffFactor: 2 }
        experiment:
          stages: [0.5]
          stageMinUnitsPerArm: 200
          primary: { winsorize: [0, 1] }
          alpha: 0.05
          tuningN: 5000
          nonInferiorityMargin: 1
          futilityEffect: 1
          minUnitsPerArm: 1
          maxUnitsPerArm: 9223372036854775807
          holdback: 0.05
          guardrails: [{ name: errors, alpha: 0.01, toleranceRatio: 1 }]
          circuitBreaker: { minRequests: 50, errorRate: 0.1 }
          srm: { alphaFixed: 0.001, alphaSequential: 0.001 }
          smoke: { minRequests: 200, maxErrorRate: 0.01, maxLatencyRatio: 2, latencyFloorMs: 10 }
        """,
        """
        name: hq
        task: regression
        data: { dataset: hq, label: kwh }
        train: { trainer: linear }
        triggers:
          monitoring: { signal: realized_error, window: 100, high: 1.0e+308, low: 0 }
        experiment: { mode: groupSequential, minUnitsPerArm: 1, maxUnitsPerArm: 9223372036854775807, groupSequential: { unitsPerArm: 100, looks: [1] } }
        """,
        """
        name: hq
        task: regression
        data: { dataset: hq, label: kwh }
        train: { trainer: linear }
        experiment:
          mode: ctcde
          ctcde:
            iterationsPerLoop: 15
            maxLoops: 1
            maxCandidateWeight: 100
            maxCandidateWeightIncrement: 10
            explorationTraffic: 10
            objectives: [{ metric: errorRate, upperLimit: 0.1 }, { metric: latencyMs, lowerLimit: 0.1 }]
        """,
    ];

    private static bool Accepts(JsonObject document)
    {
        try
        {
            var found = new ValidationErrors();
            PipelineValidator.Check(DocumentJson.Read<PipelineDefinition>(document.DeepClone()), found, Kinds);
            return found.IsEmpty;
        }
        catch (DocumentException)
        {
            return false;
        }
    }

    // The numbers of a document with the rules that the schema has for them.
    private static IEnumerable<(string Path, JsonObject Rules)> NumberRules(JsonObject schema, JsonNode? value, string path) => value switch
    {
        JsonObject map => map.Where(p => schema["properties"]?[p.Key] is JsonObject).SelectMany(p => NumberRules(schema["properties"]![p.Key]!.AsObject(), p.Value, path.Length == 0 ? p.Key : $"{path}.{p.Key}")),
        JsonArray list => list.SelectMany((item, i) => NumberRules(((schema["prefixItems"] as JsonArray)?[i] ?? schema["items"])!.AsObject(), item, $"{path}[{i}]")),
        JsonValue one when one.GetValueKind() == JsonValueKind.Number => [(path, schema)],
        _ => [],
    };

    private static IEnumerable<string> NumberPaths(JsonObject schema, string path)
    {
        if (schema["type"] is { } type && (type is JsonArray several ? several.Select(t => t!.GetValue<string>()) : [type.GetValue<string>()]).Any(t => t is "number" or "integer"))
            yield return path;
        if (schema["items"] is JsonObject items)
        {
            foreach (var inner in NumberPaths(items, path + "[]"))
                yield return inner;
        }

        foreach (var (name, member) in schema["properties"] as JsonObject ?? [])
        {
            foreach (var inner in member is JsonObject rules ? NumberPaths(rules, path.Length == 0 ? name : $"{path}.{name}") : [])
                yield return inner;
        }
    }

    // Values on, just below and just above each limit, and some far from all of them.
    private static IEnumerable<JsonNode> Around(JsonObject rules, Random random)
    {
        var whole = rules["type"] is JsonArray several ? several.Any(t => t!.GetValue<string>() == "integer") : rules["type"]!.GetValue<string>() == "integer";
        List<double> values = [0, 1, -1, 0.5, 29, 30, 31, 9, 10, 11, 50_000, 50_001, 1e6, 1e6 + 1, -1e300, 1e300, random.NextDouble(), 100 * random.NextDouble(), random.Next()];
        foreach (var keyword in new[] { "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum" })
        {
            if (rules[keyword] is not { } limit)
                continue;
            var at = limit.Deserialize<double>();
            values.AddRange(whole ? [at, at - 1, at + 1] : [at, Math.BitDecrement(at), Math.BitIncrement(at), at - 1, at + 1, at / 2]);
        }

        foreach (var value in values)
        {
            // What is left of a large whole number as a floating-point one is not always whole, nor that number.
            if (!whole)
                yield return JsonValue.Create(value)!;
            else if (Math.Abs(value) < 9e18 && value == Math.Floor(value))
                yield return JsonValue.Create((long)value)!;
        }

        if (whole)
        {
            yield return JsonValue.Create(long.MaxValue)!;
            yield return JsonValue.Create(ulong.MaxValue)!;
            yield return JsonValue.Create(long.MinValue)!;
        }
    }

    private static void Put(JsonObject document, string path, JsonNode value)
    {
        JsonNode at = document;
        var steps = Regex.Matches(path, @"[^.\[\]]+").Select(m => m.Value).ToArray();
        for (var i = 0; i < steps.Length - 1; i++)
            at = (at is JsonArray list ? list[int.Parse(steps[i], CultureInfo.InvariantCulture)] : at[steps[i]])!;
        if (at is JsonArray last)
            last[int.Parse(steps[^1], CultureInfo.InvariantCulture)] = value;
        else
            at[steps[^1]] = value;
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
                case "minimum" or "maximum" or "exclusiveMinimum" or "exclusiveMaximum":
                    if (TypeOf(value) is "number" or "integer" && !Within(keyword, value!, rule!))
                        errors.Add($"{path}: {keyword} {rule!.ToJsonString()}");
                    break;
                case "minItems" or "maxItems" or "minProperties" or "maxProperties" or "minLength" or "maxLength":
                    var size = keyword.EndsWith("Items", StringComparison.Ordinal) ? (value as JsonArray)?.Count
                        : keyword.EndsWith("Length", StringComparison.Ordinal) ? (TypeOf(value) == "string" ? value!.GetValue<string>().Length : null)
                        : (value as JsonObject)?.Count;
                    if (keyword.StartsWith("min", StringComparison.Ordinal) ? size < rule!.GetValue<int>() : size > rule!.GetValue<int>())
                        errors.Add($"{path}: {keyword} {rule.ToJsonString()}");
                    break;
                case "prefixItems":
                    if (value is JsonArray heads)
                        errors.AddRange(heads.Zip(rule!.AsArray()).SelectMany((pair, i) => Errors(pair.Second, pair.First, $"{path}[{i}]")));
                    break;
                case "not":
                    if (value is JsonArray && Errors(rule, value, path).Count == 0)
                        errors.Add($"{path}: is not allowed");
                    break;
                case "if":
                    if (Errors(rule, value, path).Count == 0)
                        errors.AddRange(Errors(rules["then"], value, path));
                    break;
                case "then":
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
                        errors.AddRange(list.Skip((rules["prefixItems"] as JsonArray)?.Count ?? 0).SelectMany((item, i) => Errors(rule, item, $"{path}[{i}]")));
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

    private static bool Within(string keyword, JsonNode value, JsonNode limit)
    {
        var order = decimal.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var exact) && TypeOf(value) == "integer"
            ? exact.CompareTo(decimal.Parse(limit.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture))
            : value.Deserialize<double>().CompareTo(limit.Deserialize<double>());
        return keyword switch { "minimum" => order >= 0, "maximum" => order <= 0, "exclusiveMinimum" => order > 0, _ => order < 0 };
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
