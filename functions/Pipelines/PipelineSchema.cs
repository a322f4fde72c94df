using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using Iml4e.Assessment;
using Iml4e.Assessment.Jobs;
using Iml4e.Assessment.Pipelines;
using Iml4e.Assessment.Training;
using Iml4e.Assessment.Validation;

namespace Iml4e.Functions.Pipelines;

/// <summary>
/// The JSON Schema of the pipeline document, for editors: made from the types that the document is read into, so that both know the same fields. What only the
/// document as a whole can tell, such as a gap that needs a time column, is not in it; storing the document tells that.
/// </summary>
internal static class PipelineSchema
{
    // Ten years at most, whatever the unit.
    private static readonly string Amounts = string.Join('|', new (double Seconds, string Unit)[] { (0.001, "ms"), (1, "s"), (60, "m"), (3600, "h"), (86400, "d") }
        .Select(u => $"({NumberPattern.AtMost((long)(DurationText.Longest.TotalSeconds / u.Seconds))}){u.Unit}"));

    private static readonly string DurationPattern =
        $@"^({Amounts}|{Clock($@"0{{0,4}}({NumberPattern.Whole((long)DurationText.Longest.TotalDays - 1)})\.([01]\d|2[0-3])")}|{Clock(@"([01]?\d|2[0-3])")}"
        + $@"|0{{0,4}}{(long)DurationText.Longest.TotalDays}\.00:00:00(\.0{{0,7}})?)$";

    /// <summary>The schema, draft 2020-12.</summary>
    /// <param name="kinds">Kinds of job that gates may be.</param>
    public static JsonObject Build(IEnumerable<JobKind> kinds)
    {
        var made = DocumentJson.Options.GetJsonSchemaAsNode(
            typeof(PipelineDefinition), new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Transform }).AsObject();
        RefuseNullItems(made);
        Restrict(made, "train.trainer", [.. TrainRequest.Trainers, TrainDefinition.External]);
        Restrict(made, "monitor.signal", [MonitoringSignals.ErrorRatio, MonitoringSignals.Error]);
        Restrict(made, "triggers.monitoring.signal", [.. MonitoringSignals.All]);
        Restrict(made, "gates.job", [.. kinds.Select(k => k.Name)]);
        foreach (var (path, bounds) in PipelineBounds.All)
            bounds.ApplyTo(At(made, path));
        foreach (var path in PipelineBounds.PositiveDurations)
            At(made, path)["pattern"] = "^(?=.*[1-9])" + DurationPattern[1..];
        BoundQuantiles(At(made, "experiment.primary.winsorize"));
        BoundDriftWindow(At(made, "triggers.monitoring"));
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["$id"] = "/api/pipelines/schema.json",
            ["title"] = "Pipeline",
            ["description"] = "The whole loop of one model: its data, how and when it is trained, which gates a challenger must pass, how the live experiment decides.",
        };
        foreach (var (name, value) in made)
            schema[name] = value?.DeepClone();
        return schema;
    }

    private static JsonNode Transform(JsonSchemaExporterContext context, JsonNode node)
    {
        var type = context.TypeInfo.Type;
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        if (plain == typeof(int) || plain == typeof(long))
        {
            node["minimum"] = plain == typeof(int) ? int.MinValue : long.MinValue;
            node["maximum"] = plain == typeof(int) ? int.MaxValue : long.MaxValue;
            return node;
        }

        if (plain != typeof(TimeSpan))
            return node;
        return new JsonObject
        {
            ["type"] = type == typeof(TimeSpan) ? "string" : new JsonArray("string", "null"), ["pattern"] = DurationPattern, ["maxLength"] = DurationText.LongestText, ["description"] = DurationText.Expected,
        };
    }

    // No document has a use for a null in a list, and none is read.
    private static void RefuseNullItems(JsonNode? node)
    {
        if (node is JsonArray list)
        {
            foreach (var item in list)
                RefuseNullItems(item);
        }

        if (node is not JsonObject schema)
            return;
        if (schema["items"] is JsonObject items && items["type"] is JsonArray types && types.FirstOrDefault(t => t?.GetValueKind() == System.Text.Json.JsonValueKind.String && t.GetValue<string>() == "null") is { } no)
            types.Remove(no);
        foreach (var (_, value) in schema)
            RefuseNullItems(value);
    }

    private static string Clock(string hours) => $@"{hours}:[0-5]\d:[0-5]\d(\.\d{{0,7}})?";

    private static JsonObject At(JsonObject schema, string path)
    {
        var at = schema;
        foreach (var step in path.Split('.'))
        {
            at = at["properties"]![step.EndsWith("[]", StringComparison.Ordinal) ? step[..^2] : step]!.AsObject();
            if (step.EndsWith("[]", StringComparison.Ordinal))
                at = at["items"]!.AsObject();
        }

        return at;
    }

    // None, or a lower and an upper one.
    private static void BoundQuantiles(JsonObject schema)
    {
        schema["maxItems"] = 2;
        schema["prefixItems"] = new JsonArray(
            new JsonObject { ["type"] = "number", ["minimum"] = 0, ["exclusiveMaximum"] = 1 },
            new JsonObject { ["type"] = "number", ["exclusiveMinimum"] = 0, ["maximum"] = 1 });
        schema["not"] = new JsonObject { ["minItems"] = 1, ["maxItems"] = 1 };
    }

    // Without a signal it is the drift.
    private static void BoundDriftWindow(JsonObject schema)
    {
        var window = new JsonObject { ["type"] = "integer" };
        PipelineBounds.DriftWindow.ApplyTo(window);
        schema["if"] = new JsonObject { ["properties"] = new JsonObject { ["signal"] = new JsonObject { ["enum"] = new JsonArray(MonitoringSignals.DriftShare) } } };
        schema["then"] = new JsonObject { ["properties"] = new JsonObject { ["window"] = window } };
    }

    private static void Restrict(JsonObject schema, string path, string[] values) =>
        At(schema, path.Replace("gates.", "gates[].", StringComparison.Ordinal))["enum"] = new JsonArray([.. values.Order(StringComparer.Ordinal).Select(v => (JsonNode)v)]);
}
