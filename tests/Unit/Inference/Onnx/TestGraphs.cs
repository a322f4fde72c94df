using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Unit.Inference.Onnx;

/// <summary>Small models whose results are known by hand.</summary>
internal static class TestGraphs
{
    /// <summary>y = max(0, x·[1,-2] + 0.5), hidden value "pre"; x [N,2].</summary>
    internal static ModelProto Linear()
    {
        var g = new GraphBuilder("linear");
        var x = g.Input("x", TensorDatatype.FP32, "N", 2);
        var product = g.Node("MatMul", [x, g.Initializer("w", [1f, -2f], 2, 1)], output: "product");
        var pre = g.Node("Add", [product, g.Initializer("b", [0.5f], 1)], output: "pre");
        g.Output("y", g.Node("Relu", [pre]), TensorDatatype.FP32, "N", 1);
        return g.Build();
    }

    /// <summary>Out = in, one tensor of the type, shape [N].</summary>
    internal static ModelProto Identity(TensorDatatype datatype = TensorDatatype.FP32, string input = "in", string output = "out")
    {
        var g = new GraphBuilder("identity");
        g.Output(output, g.Input(input, datatype, "N"), datatype, "N");
        return g.Build();
    }

    /// <summary>If(flag) then x + offset else x * offset, with x and offset captured from outside; x [N].</summary>
    internal static ModelProto Branches()
    {
        var g = new GraphBuilder("branches");
        var flag = g.Input("flag", TensorDatatype.Bool);
        var x = g.Input("x", TensorDatatype.FP32, "N");
        var offset = g.Scalar("offset", 3f);
        var (yes, no) = (g.Subgraph("yes"), g.Subgraph("no"));
        yes.Output(yes.Node("Add", [x, offset]), TensorDatatype.FP32, "N");
        no.Output(no.Node("Mul", [x, offset]), TensorDatatype.FP32, "N");
        var y = g.Node("If", [flag], [Attr.Graph("then_branch", yes.BuildGraph()), Attr.Graph("else_branch", no.BuildGraph())]);
        g.Output("y", y, TensorDatatype.FP32, "N");
        return g.Build();
    }

    internal static float[] Run(ModelProto model, string output, params Tensor[] inputs)
    {
        using var session = ModelSession.Load(GraphSurgery.Serialize(model));
        return session.Run(inputs, [output])[0].Span<float>().ToArray();
    }
}
