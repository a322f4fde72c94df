using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Unit.Inference.Onnx;

/// <summary>Nodes that a prediction runs, counted from the file.</summary>
public sealed class WorkGuardTests
{
    private static readonly ModelLimits Unlimited = ModelLimits.Default with { MaximumIterations = long.MaxValue, MaximumNodeRuns = long.MaxValue };

    [Fact]
    public void Without_loops_every_node_runs_once_and_constants_do_not()
    {
        var g = new GraphBuilder("plain");
        var x = g.Input("x", TensorDatatype.FP32, 1, 4);
        var size = g.Node("Unsqueeze", [g.Node("Size", [x]), g.Initializer("axes", [0L])]);
        var shape = g.Node("Concat", [size, g.Initializer("last", [4L])], [Attr.Int("axis", 0)]);
        g.Output(g.Node("Relu", [g.Node("Expand", [x, shape])]), TensorDatatype.FP32);
        Assert.Equal(new NodeRuns(2, 2), Count(g));
    }

    [Fact]
    public void Rounds_that_are_fixed_multiply()
    {
        var g = new GraphBuilder("loops");
        var x = g.Input("x", TensorDatatype.FP32, 1);
        var inner = Body(g, (b, value) => b.Node("Neg", [value]));
        var outer = Body(g, (b, value) => b.Node("Loop", [g.Scalar("inner", 5L), "", b.Node("Abs", [value])], [Attr.Graph("body", inner)]));
        g.Output(Loop(g, g.Scalar("outer", 20L), "", x, outer), TensorDatatype.FP32, 1);
        // The inner loop and its five rounds, and Abs, twenty times; and the outer loop.
        Assert.Equal(new NodeRuns(1 + (20 * 7), 1 + (20 * 7)), Count(g));
    }

    [Theory]
    [InlineData("T", double.PositiveInfinity)]
    [InlineData(7, 7)]
    public void A_loop_over_what_comes_in_is_told_as_far_as_its_length_is(object length, double most)
    {
        var g = new GraphBuilder("recurrent");
        var x = g.Input("x", TensorDatatype.FP32, length is string symbol ? symbol : (Dim)(int)length, 4);
        var rounds = g.Node("Gather", [g.Node("Shape", [x]), g.Scalar("first", 0L)]);
        g.Output(Loop(g, rounds, g.Scalar("go", true), g.Initializer("start", [0f], 1), Body(g)), TensorDatatype.FP32, 1);
        var runs = Count(g);
        Assert.Equal(double.IsInfinity(most) ? new NodeRuns(3, most) : new NodeRuns(1 + most, 1 + most), runs);
        using var session = ModelSession.Load(g.Build());
        Assert.Equal(0f, session.Run([Tensor.FromFloats("x", new float[28], 7, 4)])[0].Span<float>()[0]);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1_000_000_000)]
    public void A_condition_that_is_fixed_decides(bool start, double rounds)
    {
        var g = new GraphBuilder("fixed");
        var x = g.Input("x", TensorDatatype.FP32, 1);
        g.Output(Loop(g, g.Scalar("rounds", 1_000_000_000L), g.Scalar("go", start), x, Body(g)), TensorDatatype.FP32, 1);
        Assert.Equal(new NodeRuns(1 + rounds, 1 + rounds), Count(g, Unlimited));
    }

    [Fact]
    public void A_loop_that_ends_itself_after_the_first_round_runs_one()
    {
        var g = new GraphBuilder("once");
        var x = g.Input("x", TensorDatatype.FP32, 1);
        g.Output(Loop(g, g.Scalar("rounds", long.MaxValue), g.Scalar("go", true), x, Body(g, go: "Not")), TensorDatatype.FP32, 1);
        Assert.Equal(new NodeRuns(2, 2), Count(g));
        using var session = ModelSession.Load(g.Build());
        Assert.Equal(-3f, session.Run([Tensor.FromFloats("x", [3f], 1)])[0].Span<float>()[0]);
    }

    [Fact]
    public void A_name_of_the_outside_that_a_body_takes_for_its_own_is_not_known_in_it()
    {
        var g = new GraphBuilder("shadow");
        var x = g.Input("x", TensorDatatype.FP32, 1);
        g.Initializer("shadowed", [5L]);
        g.Output(Loop(g, g.Scalar("rounds", 3L), "", x, Body(g)), TensorDatatype.FP32, 1);
        var model = g.Build();
        var body = model.Graph.Node[0].Attribute[0].G;
        body.Node[0].Input[0] = body.Input[2].Name = "shadowed";
        Assert.Equal(new NodeRuns(4, 4), WorkGuard.Count(model, ModelLimits.Default));
    }

    [Fact]
    public void A_branch_counts_as_the_shorter_one_at_least_and_the_longer_one_at_most()
    {
        var g = new GraphBuilder("branches");
        var x = g.Input("x", TensorDatatype.FP32, 1);
        var condition = g.Node("Squeeze", [g.Node("Less", [x, g.Initializer("limit", [0f], 1)])]);
        var shorter = g.Subgraph("shorter");
        shorter.Output(shorter.Node("Neg", [x]), TensorDatatype.FP32, 1);
        var longer = g.Subgraph("longer");
        longer.Output(longer.Node("Neg", [longer.Node("Neg", [longer.Node("Neg", [x])])]), TensorDatatype.FP32, 1);
        g.Output(g.Node("If", [condition], [Attr.Graph("then_branch", shorter.BuildGraph()), Attr.Graph("else_branch", longer.BuildGraph())]), TensorDatatype.FP32, 1);
        Assert.Equal(new NodeRuns(4, 6), Count(g));
    }

    [Theory]
    [InlineData(5, 6, 6)]
    [InlineData("T", 1, double.PositiveInfinity)]
    public void A_scan_runs_once_for_each_element_of_what_it_scans(object length, double least, double most)
    {
        var g = new GraphBuilder("scan");
        var x = g.Input("x", TensorDatatype.FP32, length is string symbol ? symbol : (Dim)(int)length, 3);
        var body = g.Subgraph("body");
        body.Output(body.Node("Neg", [body.Input("element", TensorDatatype.FP32, 3)]), TensorDatatype.FP32, 3);
        g.Output(g.Node("Scan", [x], [Attr.Int("num_scan_inputs", 1), Attr.Graph("body", body.BuildGraph())]), TensorDatatype.FP32, "T", 3);
        Assert.Equal(new NodeRuns(least, most), Count(g));
    }

    private static NodeRuns Count(GraphBuilder g, ModelLimits? limits = null) => WorkGuard.Count(g.Build(), limits ?? ModelLimits.Default);

    private static string Loop(GraphBuilder g, string rounds, string go, string start, GraphProto body) => g.Node("Loop", [rounds, go, start], [Attr.Graph("body", body)]);

    private static GraphProto Body(GraphBuilder g, Func<GraphBuilder, string, string>? next = null, string go = "Identity")
    {
        var body = g.Subgraph("body");
        // Names are unique among all graphs of a builder.
        var suffix = g.UniqueName("of");
        body.Input("round_" + suffix, TensorDatatype.Int64);
        var on = body.Input("on_" + suffix, TensorDatatype.Bool);
        var value = body.Input("value_" + suffix, TensorDatatype.FP32, 1);
        var carried = (next ?? ((b, v) => b.Node("Neg", [v])))(body, value);
        body.Output(body.Node(go, [on]), TensorDatatype.Bool);
        body.Output(carried, TensorDatatype.FP32, 1);
        return body.BuildGraph();
    }
}
