using Iml4e.Assessment.Adversarial.Attacks;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Threat;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Unit.Assessment.Adversarial;

/// <summary>The linear model and the two-layer network of the known-answer vectors.</summary>
internal static class SmallModels
{
    internal static readonly float[] X = [.6f, .2f, .5f, .4f];

    private static readonly float[] W = [1, -1, .5f, 0, -.5f, 1, 0, .25f, .25f, .5f, -1, 1];

    internal static byte[] Linear(bool softmax = false)
    {
        var g = new GraphBuilder("linear");
        var z = Layer(g, g.Input("input", TensorDatatype.FP32, "N", 4), W, [.1f, 0, -.1f], 4);
        g.Output("logits_out", softmax ? g.Node("Softmax", [z]) : z, TensorDatatype.FP32, "N", 3);
        return GraphSurgery.Serialize(g.Build());
    }

    internal static byte[] Network()
    {
        var g = new GraphBuilder("network");
        var h = g.Node("Relu", [Layer(g, g.Input("input", TensorDatatype.FP32, "N", 4), W, [.1f, 0, -.1f], 4)]);
        g.Output("logits_out", Layer(g, h, [1, -1, 0, -1, 1, .5f, 0, .5f, -1], [0, .1f, -.1f], 3), TensorDatatype.FP32, "N", 3);
        return GraphSurgery.Serialize(g.Build());
    }

    internal static Classifier Load(byte[] onnx, int rows = 4) => Classifier.Load(onnx, new ClassifierOptions { Rows = rows });

    internal static AttackBatch Batch(params float[][] images) => new(
        new ImageShape(1, 1, 4), [.. images.SelectMany(i => i)], [.. images.Select((_, i) => SampleRandom.Key(7,
            i.ToString(System.Globalization.CultureInfo.InvariantCulture)))]);

    internal static float[] Attack(byte[] onnx, IAttack attack, int? target = null)
    {
        using var classifier = Load(onnx);
        return attack.Run(new ClassifierSubject(classifier, [0], target is { } t ? [t] : null), Batch(X), CancellationToken.None).Images;
    }

    private static string Layer(GraphBuilder g, string x, float[] weights, float[] bias, int inputs) =>
        g.Node("Gemm", [x, g.Initializer("w", weights, weights.Length / inputs, inputs), g.Initializer("b", bias)], [Attr.Int("transB", 1)]);
}
