using Iml4e.Inference.Onnx;

namespace Iml4e.Assessment.Adversarial.Models;

/// <summary>Operators whose form differs between operator sets, written as the graph's own set wants them.</summary>
internal static class OpsetNodes
{
    /// <summary>Sum over one axis, which stays with size 1.</summary>
    internal static string Sum(this GraphBuilder g, string x, long axis) => g.Opset >= 13
        ? g.Node("ReduceSum", [x, g.Initializer("axis", [axis])], [Attr.Int("keepdims", 1)])
        : g.Node("ReduceSum", [x], [Attr.Ints("axes", axis), Attr.Int("keepdims", 1)]);

    /// <summary>Largest value over one axis, which stays with size 1.</summary>
    internal static string Largest(this GraphBuilder g, string x, long axis) => g.Opset >= 18
        ? g.Node("ReduceMax", [x, g.Initializer("axis", [axis])], [Attr.Int("keepdims", 1)])
        : g.Node("ReduceMax", [x], [Attr.Ints("axes", axis), Attr.Int("keepdims", 1)]);

    /// <summary>The k largest values over the last axis of [N,C], in falling order.</summary>
    internal static string Top(this GraphBuilder g, string x, long k) => g.Opset >= 10
        ? g.Nodes("TopK", [x, g.Initializer("k", [k])], ["top", "places"], [Attr.Int("axis", 1)])[0]
        : g.Nodes("TopK", [x], ["top", "places"], [Attr.Int("axis", 1), Attr.Int("k", k)])[0];

    /// <summary>Part of one axis.</summary>
    internal static string Part(this GraphBuilder g, string x, long axis, long from, long to) => g.Opset >= 10
        ? g.Node("Slice", [x, g.Initializer("from", [from]), g.Initializer("to", [to]), g.Initializer("axis", [axis])])
        : g.Node("Slice", [x], [Attr.Ints("starts", from), Attr.Ints("ends", to), Attr.Ints("axes", axis)]);

    /// <summary>A value between two bounds; with one of them absent, on one side.</summary>
    internal static string Between(this GraphBuilder g, string x, float? low, float? high)
    {
        if (low is { } l)
            x = g.Node("Max", [x, g.Scalar("low", l)]);
        return high is { } h ? g.Node("Min", [x, g.Scalar("high", h)]) : x;
    }

    /// <summary>Another shape.</summary>
    internal static string Shaped(this GraphBuilder g, string x, params long[] shape) => g.Node("Reshape", [x, g.Initializer("shape", shape)]);

    /// <summary>Another order of dimensions.</summary>
    internal static string Turned(this GraphBuilder g, string x, params long[] order) => g.Node("Transpose", [x], [Attr.Ints("perm", order)]);
}
