using Iml4e.Assessment.Adversarial.Threat;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Assessment.Adversarial.Models;

/// <summary>Puts preprocessing before a model, so that its input <c>x</c> is images in [0,1] and its gradients are those of the pixels.</summary>
internal static class PreprocessingGraph
{
    /// <summary>Name of the input.</summary>
    internal const string Input = "x";

    /// <summary>The model of fixed rows with its preprocessing; its other names begin with <c>m/</c>.</summary>
    internal static ModelProto Prepend(ModelProto model, long[] networkShape, ImageShape image, Preprocessing preprocessing)
    {
        var opset = (int)(model.OpsetImport.FirstOrDefault(o => OperatorDomains.Normalize(o.Domain).Length == 0)?.Version ?? 13);
        if (opset < 8)
            throw new UnattackableModelException($"the model is of operator set {opset}; 8 or later is needed: convert it with the ONNX version converter");
        var input = BatchSurgery.Input(model).Name;
        // Initialisers that are declared as inputs, too, are none for whoever runs the model.
        model = model.Clone();
        var stored = model.Graph.Initializer.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        for (var i = model.Graph.Input.Count - 1; i >= 0; i--)
        {
            if (stored.Contains(model.Graph.Input[i].Name))
                model.Graph.Input.RemoveAt(i);
        }

        model.IrVersion = Math.Max(model.IrVersion, 4);
        var g = new GraphBuilder("preprocessing", opset, irVersion: (int)model.IrVersion);
        long[] shape = [networkShape[0], image.Channels, image.Height, image.Width];
        var x = g.Input(Input, TensorDatatype.FP32, [.. shape.Select(s => (Dim)s)]);
        x = Values(g, x, image, preprocessing);
        if (networkShape.Length != 4)
            x = g.Shaped(x, networkShape);
        else if (preprocessing.Layout == ImageLayout.Nhwc)
            x = g.Turned(x, 0, 2, 3, 1);
        g.Output("pixels", x, TensorDatatype.FP32, [.. networkShape.Select(s => (Dim)s)]);
        var prefixed = GraphSurgery.Prefix(model, "m/", symbolsToo: true);
        return GraphSurgery.Merge(g.Build(), prefixed, [KeyValuePair.Create("pixels", "m/" + input)]);
    }

    private static string Values(GraphBuilder g, string x, ImageShape image, Preprocessing p)
    {
        if (p.IsIdentity)
            return g.Node("Identity", [x]);
        if (p.Color == ColorOrder.Bgr && image.Channels == 3)
            x = g.Node("Gather", [x, g.Initializer("bgr", [2L, 1L, 0L])], [Attr.Int("axis", 1)]);
        double At(IReadOnlyList<double> values, int channel) => values.Count == 1 ? values[0] : values[channel];
        var factors = Enumerable.Range(0, image.Channels).Select(c => (float)(255 / p.Scale / At(p.Std, c))).ToArray();
        var offsets = Enumerable.Range(0, image.Channels).Select(c => (float)(-At(p.Mean, c) / At(p.Std, c))).ToArray();
        if (factors.Any(f => f != 1))
            x = g.Node("Mul", [x, g.Initializer("factor", factors, 1, image.Channels, 1, 1)]);
        if (offsets.Any(o => o != 0))
            x = g.Node("Add", [x, g.Initializer("offset", offsets, 1, image.Channels, 1, 1)]);
        return x;
    }
}
