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
    private const string DurationPattern = @"^(\d+(\.\d+)?(ms|s|m|h|d)|(\d+\.)?\d{1,2}:\d{2}:\d{2}(\.\d{1,7})?)$";

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
        if ((Nullable.GetUnderlyingType(type) ?? type) != typeof(TimeSpan))
            return node;
        return new JsonObject
        {
            ["type"] = type == typeof(TimeSpan) ? "string" : new JsonArray("string", "null"), ["pattern"] = DurationPattern, ["description"] = DurationText.Expected,
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

    private static void Restrict(JsonObject schema, string path, string[] values)
    {
        var at = schema;
        foreach (var step in path.Split('.'))
            at = (at["items"] as JsonObject ?? at)["properties"]![step]!.AsObject();
        at["enum"] = new JsonArray([.. values.Order(StringComparer.Ordinal).Select(v => (JsonNode)v)]);
    }
}
