using System.Globalization;
using System.Text.Json;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Learning;

/// <summary>Puts inputs, preprocessing, model and outputs into one ONNX graph.</summary>
internal static class ModelGraph
{
    /// <summary>
    /// The ONNX file. Outputs: regression <c>prediction</c> FP32 [N,1]; classification <c>label</c> (INT64 or STRING) [N] and <c>probabilities</c> FP32 [N,C].
    /// </summary>
    public static byte[] Build(FeatureSchema schema, FittedModel model)
    {
        var graph = new GraphBuilder(schema.Trainer, model.Opset);
        var features = FeatureGraph.Emit(graph, schema);
        var result = model.Emit(graph, features);
        graph.Metadata(FeatureSchema.PropertyName, schema.ToJson());
        graph.Metadata("iml4e.task", schema.Task == LearningTask.Classification ? "classification" : "regression");
        graph.Metadata("iml4e.trainer", schema.Trainer);
        if (schema.Classes is not { } classes)
        {
            graph.Output("prediction", result, TensorDatatype.FP32, "N", 1);
            return GraphSurgery.Serialize(graph.Build());
        }

        graph.Metadata("iml4e.classes", JsonSerializer.Serialize(classes));
        var best = graph.Node("ArgMax", [result], [Attr.Int("axis", 1), Attr.Int("keepdims", 0)]);
        var names = schema.IntegerClasses
            ? graph.Initializer("classes", classes.Select(c => long.Parse(c, CultureInfo.InvariantCulture)).ToArray().AsSpan())
            : graph.Initializer("classes", classes);
        graph.Output("label", graph.Node("Gather", [names, best]), schema.IntegerClasses ? TensorDatatype.Int64 : TensorDatatype.Bytes, "N");
        graph.Output("probabilities", result, TensorDatatype.FP32, "N", classes.Count);
        return GraphSurgery.Serialize(graph.Build());
    }
}
