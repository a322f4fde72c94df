using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Unit.Inference.Onnx;

public sealed class GraphBuilderTests
{
    [Fact]
    public void The_built_graph_computes_what_it_says()
    {
        Assert.Equal([0f, 2.5f], TestGraphs.Run(TestGraphs.Linear(), "y", Tensor.FromFloats("x", [1f, 1f, 4f, 1f], 2, 2)));
    }

    [Fact]
    public void The_same_calls_give_the_same_bytes()
    {
        Assert.Equal(GraphSurgery.Serialize(TestGraphs.Branches()), GraphSurgery.Serialize(TestGraphs.Branches()));
    }

    [Theory]
    [InlineData(true, new[] { 4f, 5f })]
    [InlineData(false, new[] { 3f, 6f })]
    public void Branches_read_the_values_of_the_outer_graph(bool flag, float[] expected)
    {
        Assert.Equal(expected, TestGraphs.Run(TestGraphs.Branches(), "y", Tensor.FromBools("flag", [flag]), Tensor.FromFloats("x", [1f, 2f], 2)));
    }

    [Fact]
    public void Machine_learning_operators_import_their_domain_when_used()
    {
        var g = new GraphBuilder();
        var city = g.Input("city", TensorDatatype.Bytes, "N", 1);
        var code = g.Node(
            "LabelEncoder", [city], [Attr.Texts("keys_strings", "Espoo", "Oulu"), Attr.Ints("values_int64s", 7, 9), Attr.Int("default_int64", -1)],
            OperatorDomains.MachineLearning);
        g.Output("code", code, TensorDatatype.Int64, "N", 1);
        g.Metadata("kind", "encoder");
        var model = g.Build();

        Assert.Equal([("", 17L), ("ai.onnx.ml", 3L)], model.OpsetImport.Select(o => (o.Domain, o.Version)));
        using var session = ModelSession.Load(model);
        Assert.Equal("encoder", session.Metadata.Properties["kind"]);
        Assert.Equal([9L, -1L, 7L], session.Run([Tensor.FromStrings("city", ["Oulu", "", "Espoo"], 3, 1)])[0].Span<long>().ToArray());
        Assert.DoesNotContain("ai.onnx.ml", TestGraphs.Linear().OpsetImport.Select(o => o.Domain));
    }

    [Fact]
    public void Wanted_names_are_made_unique()
    {
        var g = new GraphBuilder();
        var x = g.Input("x", TensorDatatype.FP32, "N");
        Assert.Equal(["relu", "relu_1", "relu_2"], new[] { g.Node("Relu", [x]), g.Node("Relu", [x]), g.Node("Relu", [x]) });
        Assert.Equal("x_1", g.Scalar("x", 1f));
        Assert.Throws<ArgumentException>(() => g.Input("relu", TensorDatatype.FP32));
    }

    [Fact]
    public void A_node_may_only_read_what_is_there()
    {
        var g = new GraphBuilder();
        Assert.Contains("reads 'ghost'", Assert.Throws<ArgumentException>(() => g.Node("Relu", ["ghost"])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => g.Output("ghost", TensorDatatype.FP32));
        Assert.Throws<InvalidOperationException>(g.Build);
    }

    [Fact]
    public void An_inner_graphs_own_values_are_not_visible_outside()
    {
        var g = new GraphBuilder();
        var x = g.Input("x", TensorDatatype.FP32, "N");
        var inner = g.Subgraph("inner");
        var value = inner.Node("Relu", [x]);
        Assert.Throws<ArgumentException>(() => g.Node("Neg", [value]));
        Assert.Throws<InvalidOperationException>(inner.Build);
    }

    [Fact]
    public void Initialisers_of_every_type_come_out_as_they_went_in()
    {
        var g = new GraphBuilder();
        g.Output("same", g.Input("x", TensorDatatype.FP32, 1), TensorDatatype.FP32, 1);
        var names = new[]
        {
            g.Initializer("f", [1.5f, float.NaN], 1, 2), g.Initializer("d", [Math.PI]), g.Initializer("l", [long.MinValue, 3L], 2, 1),
            g.Initializer("i", [-4, 5]), g.Initializer("b", [true, false, true]), g.Initializer("s", ["", "Jyväskylä"]),
            g.Initializer(Tensor.FromHalves("h", [(Half)0.5, Half.MaxValue], 2)), g.Initializer(Tensor.FromUInt8s("u", [0, 255], 2)),
        };
        var model = GraphSurgery.Parse(GraphSurgery.Serialize(g.Build()));
        var back = names.Select(n => GraphSurgery.FindInitializer(model, n)!).ToArray();

        Assert.Equal([1.5, double.NaN], back[0].ToDoubles());
        Assert.Equal([1L, 2L], back[0].Shape);
        Assert.Equal([Math.PI], back[1].ToDoubles());
        Assert.Equal([long.MinValue, 3L], back[2].Span<long>().ToArray());
        Assert.Equal([-4.0, 5.0], back[3].ToDoubles());
        Assert.Equal(["true", "false", "true"], back[4].ToStrings());
        Assert.Equal(["", "Jyväskylä"], back[5].ToStrings());
        Assert.Equal([0.5, 65504.0], back[6].ToDoubles());
        Assert.Equal([0.0, 255.0], back[7].ToDoubles());
        Assert.Null(GraphSurgery.FindInitializer(model, "none"));
    }

    [Fact]
    public void Tensors_stored_in_typed_fields_are_read()
    {
        TensorProto Typed(TensorDatatype type, Action<TensorProto> fill)
        {
            var proto = new TensorProto { Name = "t", DataType = (int)type.ToOnnx(), Dims = { 2 } };
            fill(proto);
            return proto;
        }

        Assert.Equal([1.0, 2.5], TensorProtos.Read(Typed(TensorDatatype.FP32, t => t.FloatData.Add([1f, 2.5f]))).ToDoubles());
        Assert.Equal([1.0, 2.5], TensorProtos.Read(Typed(TensorDatatype.FP64, t => t.DoubleData.Add([1, 2.5]))).ToDoubles());
        Assert.Equal([-1.0, 127.0], TensorProtos.Read(Typed(TensorDatatype.Int8, t => t.Int32Data.Add([-1, 127]))).ToDoubles());
        Assert.Equal([65535.0, 0.0], TensorProtos.Read(Typed(TensorDatatype.UInt16, t => t.Int32Data.Add([65535, 0]))).ToDoubles());
        Assert.Equal([4294967295.0, 1.0], TensorProtos.Read(Typed(TensorDatatype.UInt32, t => t.Uint64Data.Add([4294967295UL, 1UL]))).ToDoubles());
        Assert.Equal([1.0, -2.5], TensorProtos.Read(Typed(TensorDatatype.FP16, t => t.Int32Data.Add([0x3c00, 0xc100]))).ToDoubles());
        Assert.Equal([1.0, -2.5], TensorProtos.Read(Typed(TensorDatatype.BF16, t => t.Int32Data.Add([0x3f80, 0xc020]))).ToDoubles());
        Assert.Throws<InvalidModelException>(() => TensorProtos.Read(Typed(TensorDatatype.FP32, t => t.FloatData.Add(1f))));
        Assert.Throws<InvalidModelException>(() => TensorProtos.Read(Typed(TensorDatatype.Bool, t => t.Int32Data.Add([1, 2]))));
    }
}
