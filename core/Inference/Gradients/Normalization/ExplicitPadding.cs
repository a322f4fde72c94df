using Iml4e.Inference.Onnx;

namespace Iml4e.Inference.Gradients.Normalization;

/// <summary>Resolves auto_pad and output_shape of convolutions and pooling into the padding that they come to.</summary>
internal static class ExplicitPadding
{
    internal static void Apply(WorkingGraph graph, IReadOnlyDictionary<string, TensorFact> facts)
    {
        foreach (var node in graph.Graph.Node)
        {
            if (node.Is("Conv", "MaxPool", "AveragePool"))
                Resolve(graph, node, facts);
            else if (node.Is("ConvTranspose"))
                ResolveTransposed(graph, node, facts);
        }
    }

    private static void Resolve(WorkingGraph graph, NodeProto node, IReadOnlyDictionary<string, TensorFact> facts)
    {
        var mode = node.Text("auto_pad", "NOTSET");
        if (mode == "NOTSET")
        {
            node.Take("auto_pad");
            return;
        }

        var shape = Shape(facts, node.Input[0]);
        var kernel = node.Ints("kernel_shape") ?? Kernel(graph, node, facts);
        var count = kernel.Length;
        var strides = node.Ints("strides") ?? Ones(count);
        var dilations = node.Ints("dilations") ?? Ones(count);
        var pads = new long[2 * count];
        for (var i = 0; i < count && mode != "VALID"; i++)
        {
            var size = shape[i + 2];
            if (!size.IsFixed && strides[i] != 1)
                throw Refusal(graph, node, "its padding (auto_pad) depends on a free dimension; give the inputs' shapes in shapeHints");
            var reach = (kernel[i] - 1) * dilations[i] + 1;
            var total = strides[i] == 1 ? reach - 1 : Math.Max(0, ((size.First + strides[i] - 1) / strides[i] - 1) * strides[i] + reach - size.First);
            Distribute(pads, i, count, total, mode == "SAME_LOWER");
        }

        node.Take("auto_pad");
        node.Set(Attr.Ints("pads", pads));
    }

    private static void ResolveTransposed(WorkingGraph graph, NodeProto node, IReadOnlyDictionary<string, TensorFact> facts)
    {
        var mode = node.Text("auto_pad", "NOTSET");
        var wanted = node.Ints("output_shape");
        if (mode == "NOTSET" && wanted is null)
        {
            node.Take("auto_pad");
            return;
        }

        var shape = Shape(facts, node.Input[0]);
        var kernel = node.Ints("kernel_shape") ?? Kernel(graph, node, facts);
        var count = kernel.Length;
        var strides = node.Ints("strides") ?? Ones(count);
        var dilations = node.Ints("dilations") ?? Ones(count);
        var extra = node.Ints("output_padding") ?? new long[count];
        var pads = new long[2 * count];
        for (var i = 0; i < count && (mode != "VALID" || wanted is not null); i++)
        {
            if (!shape[i + 2].IsFixed && wanted is not null)
                throw Refusal(graph, node, "its output_shape meets a free dimension; give the inputs' shapes in shapeHints");
            var reach = (kernel[i] - 1) * dilations[i] + 1;
            // Without output_shape, SAME makes the output stride times as large as the input.
            var total = wanted is null
                ? reach - strides[i] + extra[i]
                : strides[i] * (shape[i + 2].First - 1) + extra[i] + reach - wanted[wanted.Length - count + i];
            if (total < 0)
            {
                extra[i] -= total;
                total = 0;
            }

            Distribute(pads, i, count, total, mode != "SAME_UPPER");
        }

        node.Take("auto_pad");
        node.Take("output_shape");
        node.Set(Attr.Ints("pads", pads));
        node.Set(Attr.Ints("output_padding", extra));
    }

    private static void Distribute(long[] pads, int axis, int count, long total, bool largerFirst)
    {
        var small = total / 2;
        (pads[axis], pads[count + axis]) = largerFirst ? (total - small, small) : (small, total - small);
    }

    private static Extent[] Shape(IReadOnlyDictionary<string, TensorFact> facts, string name) =>
        facts.GetValueOrDefault(name)?.Shape ?? throw new RankUnknownException(name, "its rank depends on the data");

    private static long[] Kernel(WorkingGraph graph, NodeProto node, IReadOnlyDictionary<string, TensorFact> facts) =>
        facts.GetValueOrDefault(node.In(1))?.Fixed?[2..] ?? throw Refusal(graph, node, "the size of its kernel depends on the data");

    private static UnsupportedOpException Refusal(WorkingGraph graph, NodeProto node, string reason) => new(node.OpType, "", graph.Opset, node.Title(), reason);

    private static long[] Ones(int count) => [.. Enumerable.Repeat(1L, count)];
}
