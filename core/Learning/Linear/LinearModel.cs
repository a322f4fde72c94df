using System.Text.Json.Nodes;
using Iml4e.Inference.Onnx;

namespace Iml4e.Learning.Linear;

/// <summary>A fitted linear model. Weights are features × logits; ClassCount 0 is regression, 2 has one logit.</summary>
internal sealed class LinearModel(Standardization scaling, int classCount, double[] weights, double[] intercepts, JsonObject details) : FittedModel
{
    private readonly int logits = intercepts.Length;

    public double[] Weights => weights;

    public double[] Intercepts => intercepts;

    public Standardization Scaling => scaling;

    public override double[] Predict(ReadOnlySpan<float> values, int rows)
    {
        var features = scaling.Medians.Length;
        var width = classCount == 0 ? 1 : classCount;
        var result = new double[rows * width];
        var scores = new double[logits];
        for (var r = 0; r < rows; r++)
        {
            intercepts.CopyTo(scores, 0);
            for (var j = 0; j < features; j++)
            {
                var x = scaling.Apply(values[(r * features) + j], j);
                for (var k = 0; k < logits; k++)
                    scores[k] += weights[(j * logits) + k] * x;
            }
            var row = result.AsSpan(r * width, width);
            if (classCount == 0)
            {
                row[0] = scores[0];
            }
            else if (classCount == 2)
            {
                row[1] = 1 / (1 + Math.Exp(-scores[0]));
                row[0] = 1 / (1 + Math.Exp(scores[0]));
            }
            else
            {
                System.Numerics.Tensors.TensorPrimitives.Subtract(scores, scores.Max(), row);
                System.Numerics.Tensors.TensorPrimitives.SoftMax<double>(row, row);
            }
        }
        return result;
    }

    public override string Emit(GraphBuilder graph, string features)
    {
        var count = scaling.Medians.Length;
        var missing = graph.Node("IsNaN", [features]);
        var imputed = graph.Node("Where", [missing, graph.Initializer("medians", scaling.Medians, 1, count), features], output: "imputed");
        var centred = graph.Node("Sub", [imputed, graph.Initializer("means", scaling.Means, 1, count)], output: "centred");
        var scaled = graph.Node("Mul", [centred, graph.Initializer("inverse_deviations", scaling.InverseDeviations, 1, count)], output: "scaled");
        var product = graph.Node("MatMul", [scaled, graph.Initializer("weights", Array.ConvertAll(weights, w => (float)w), count, logits)]);
        var score = graph.Node("Add", [product, graph.Initializer("intercepts", Array.ConvertAll(intercepts, b => (float)b), 1, logits)], output: "score");
        return classCount switch
        {
            0 => score,
            2 => graph.Node("Concat", [graph.Node("Sigmoid", [graph.Node("Neg", [score])]), graph.Node("Sigmoid", [score])], [Attr.Int("axis", 1)]),
            _ => graph.Node("Softmax", [score], [Attr.Int("axis", 1)]),
        };
    }

    /// <summary>Mean |weight| of the standardised feature over the logits.</summary>
    public override FeatureImportance[] Importances(IReadOnlyList<string> features)
    {
        var values = new double[scaling.Medians.Length];
        for (var j = 0; j < values.Length; j++)
        {
            for (var k = 0; k < logits; k++)
                values[j] += Math.Abs(weights[(j * logits) + k]) / logits;
            // A constant feature has no say whatever its weight.
            if (scaling.InverseDeviations[j] == 0)
                values[j] = 0;
        }
        var sum = values.Sum();
        return [.. values.Select((v, j) => new FeatureImportance(features[j], v, sum > 0 ? v / sum : 0))];
    }

    public override JsonObject Details() => details;

    public override void Dispose()
    {
        // Nothing native here.
    }
}
