using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Unit.Inference.Onnx;

public sealed class GraphSurgeryTests
{
    private static readonly Tensor X = Tensor.FromFloats("x", [1f, 1f, 4f, 1f, -3f, 0.25f], 3, 2);

    [Fact]
    public void Added_outputs_show_inner_values_and_leave_the_others_alone()
    {
        var model = GraphSurgery.AddOutputs(TestGraphs.Linear(), "pre", "y", "w");
        Assert.Equal(["y", "pre", "w"], model.Graph.Output.Select(o => o.Name));
        Assert.Equal([-0.5f, 2.5f, -3f], TestGraphs.Run(model, "pre", X));
        Assert.Equal([1f, -2f], TestGraphs.Run(model, "w", X));
        Assert.Equal(TestGraphs.Run(TestGraphs.Linear(), "y", X), TestGraphs.Run(model, "y", X));
        Assert.Throws<ArgumentException>(() => GraphSurgery.AddOutputs(TestGraphs.Linear(), "ghost"));
    }

    [Fact]
    public void An_added_output_equals_that_of_the_graph_cut_there()
    {
        var exposed = GraphSurgery.AddOutputs(TestGraphs.Linear(), "pre");
        var cut = GraphSurgery.KeepOutputs(exposed, ["pre"]);
        Assert.Equal(["MatMul", "Add"], cut.Graph.Node.Select(n => n.OpType));
        Assert.Equal(TestGraphs.Run(exposed, "pre", X), TestGraphs.Run(cut, "pre", X));
    }

    [Fact]
    public void Keeping_outputs_removes_what_serves_only_the_others()
    {
        var model = GraphSurgery.KeepOutputs(GraphSurgery.AddOutputs(TestGraphs.Linear(), "product"), ["product"]);
        Assert.Single(model.Graph.Node);
        Assert.Equal(["w"], model.Graph.Initializer.Select(i => i.Name));
        Assert.Equal([-1f, 2f, -3.5f], TestGraphs.Run(model, "product", X));
        Assert.Throws<ArgumentException>(() => GraphSurgery.KeepOutputs(model, ["ghost"]));
        Assert.Throws<ArgumentException>(() => GraphSurgery.KeepOutputs(model, []));
    }

    [Fact]
    public void Keeping_outputs_keeps_what_inner_graphs_capture()
    {
        var model = GraphSurgery.KeepOutputs(GraphSurgery.AddOutputs(TestGraphs.Branches(), "offset"), ["y"]);
        Assert.Equal(["offset"], model.Graph.Initializer.Select(i => i.Name));
        Assert.Equal([4f], TestGraphs.Run(model, "y", Tensor.FromBools("flag", [true]), Tensor.FromFloats("x", [1f], 1)));
        var onlyOffset = GraphSurgery.KeepOutputs(GraphSurgery.AddOutputs(TestGraphs.Branches(), "offset"), ["offset"], dropUnusedInputs: true);
        Assert.Empty(onlyOffset.Graph.Input);
        Assert.Empty(onlyOffset.Graph.Node);
    }

    [Fact]
    public void A_prefix_reaches_inner_graphs_and_what_they_capture()
    {
        var model = GraphSurgery.Prefix(TestGraphs.Branches(), "a/");
        GraphSurgery.CheckOrder(model);
        Assert.Equal(["a/flag", "a/x"], model.Graph.Input.Select(i => i.Name));
        Assert.Equal([3f, 6f], TestGraphs.Run(model, "a/y", Tensor.FromBools("a/flag", [false]), Tensor.FromFloats("a/x", [1f, 2f], 2)));
        var inside = GraphSurgery.Prefix(TestGraphs.Branches(), "a/", interfaceToo: false);
        Assert.Equal(["a/offset"], inside.Graph.Initializer.Select(i => i.Name));
        Assert.Equal([4f], TestGraphs.Run(inside, "y", Tensor.FromBools("flag", [true]), Tensor.FromFloats("x", [1f], 1)));
    }

    [Fact]
    public void Renaming_follows_captured_names()
    {
        var model = GraphSurgery.RenameOutput(GraphSurgery.RenameInput(TestGraphs.Branches(), "x", "signal"), "y", "answer");
        GraphSurgery.CheckOrder(model);
        Assert.Equal([3f, 6f], TestGraphs.Run(model, "answer", Tensor.FromBools("flag", [false]), Tensor.FromFloats("signal", [1f, 2f], 2)));
        Assert.Throws<ArgumentException>(() => GraphSurgery.RenameInput(model, "x", "z"));
        Assert.Throws<ArgumentException>(() => GraphSurgery.RenameInput(model, "signal", "answer"));
    }

    [Fact]
    public void Renaming_leaves_an_inner_value_of_the_same_name_alone()
    {
        var model = TestGraphs.Branches();
        // The branch defines a value of its own called "x": the outer one is not meant there.
        var branch = model.Graph.Node.First(n => n.OpType == "If").Attribute[0].G;
        branch.Initializer.Add(TensorProtos.Write(Tensor.FromFloats("x", [10f], 1)));
        var renamed = GraphSurgery.RenameInput(model, "x", "signal").Graph.Node.First(n => n.OpType == "If");
        Assert.Equal("x", renamed.Attribute[0].G.Node[0].Input[0]);
        Assert.Equal("signal", renamed.Attribute[1].G.Node[0].Input[0]);
    }

    [Fact]
    public void Merged_models_compute_one_after_the_other()
    {
        var scale = new GraphBuilder("scale");
        scale.Output("z", scale.Node("Mul", [scale.Input("v", TensorDatatype.FP32, "M", 1), scale.Initializer("w", [10f], 1)]), TensorDatatype.FP32, "M", 1);
        var merged = GraphSurgery.Merge(TestGraphs.Linear(), scale.Build(), [new("y", "v")]);

        GraphSurgery.CheckOrder(merged);
        Assert.Equal(["x"], merged.Graph.Input.Select(i => i.Name));
        Assert.Equal(["z"], merged.Graph.Output.Select(o => o.Name));
        Assert.Equal([0f, 25f, 0f], TestGraphs.Run(merged, "z", X));
        Assert.Equal("N", merged.Graph.Output[0].Type.TensorType.Shape.Dim[0].DimParam);
        var both = GraphSurgery.Merge(TestGraphs.Linear(), scale.Build(), [new("y", "v")], keepConnected: true);
        Assert.Equal(["y", "z"], both.Graph.Output.Select(o => o.Name));
    }

    [Fact]
    public void Models_side_by_side_may_share_an_input()
    {
        var other = GraphSurgery.RenameOutput(TestGraphs.Linear(), "y", "y2");
        Assert.Throws<ArgumentException>(() => GraphSurgery.Merge(TestGraphs.Linear(), other, []));
        var merged = GraphSurgery.Merge(TestGraphs.Linear(), other, [], shareInputs: true);
        GraphSurgery.CheckOrder(merged);
        Assert.Equal(["x"], merged.Graph.Input.Select(i => i.Name));
        Assert.Equal(TestGraphs.Run(merged, "y", X), TestGraphs.Run(merged, "y2", X));
    }

    [Fact]
    public void Merging_refuses_what_does_not_fit()
    {
        var (floats, integers) = (TestGraphs.Identity(), TestGraphs.Identity(TensorDatatype.Int64, "in", "other"));
        Assert.Contains("differ in type", Assert.Throws<ArgumentException>(() => GraphSurgery.Merge(floats, integers, [new("out", "in")])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => GraphSurgery.Merge(floats, integers, [new("ghost", "in")]));
        Assert.Throws<ArgumentException>(() => GraphSurgery.Merge(floats, integers, [new("out", "ghost")]));
        Assert.Throws<ArgumentException>(() => GraphSurgery.Merge(floats, TestGraphs.Identity(), [new("out", "in")]));
    }

    [Fact]
    public void Operator_sets_are_reconciled_or_refused()
    {
        ModelProto Softmax(int opset, string input, string output, string op = "Softmax")
        {
            var g = new GraphBuilder("m", opset);
            g.Output(output, g.Node(op, [g.Input(input, TensorDatatype.FP32, "N", 2)]), TensorDatatype.FP32, "N", 2);
            return g.Build();
        }

        var merged = GraphSurgery.Merge(Softmax(11, "a", "b", "Relu"), Softmax(17, "c", "d"), [new("b", "c")]);
        Assert.Equal(17, merged.OpsetImport.Single().Version);
        Assert.Equal([0.5f, 0.5f], TestGraphs.Run(merged, "d", Tensor.FromFloats("a", [-1f, -2f], 1, 2)));
        var refused = Assert.Throws<InvalidModelException>(() => GraphSurgery.Merge(Softmax(11, "a", "b"), Softmax(17, "c", "d"), [new("b", "c")]));
        Assert.Contains("'Softmax' changed in version 13", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Prefixed_identities_in_a_row_change_nothing()
    {
        var property = Prop.ForAll<NormalFloat[]>(values =>
        {
            var chain = GraphSurgery.Prefix(TestGraphs.Identity(), "0/");
            for (var i = 1; i <= 3; i++)
                chain = GraphSurgery.Merge(chain, GraphSurgery.Prefix(TestGraphs.Identity(), $"{i}/"), [new($"{i - 1}/out", $"{i}/in")]);
            var floats = Array.ConvertAll(values, v => (float)(double)v);
            Assert.Equal(floats, TestGraphs.Run(chain, "3/out", Tensor.FromFloats("0/in", floats, floats.Length)));
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(20), property);
    }

    [Fact]
    public void Surgery_leaves_its_arguments_as_they_were()
    {
        var model = TestGraphs.Branches();
        var before = model.ToByteArray();
        GraphSurgery.AddOutputs(model, "offset");
        GraphSurgery.KeepOutputs(model, ["y"]);
        GraphSurgery.Prefix(model, "p", symbolsToo: true);
        GraphSurgery.RenameInput(model, "x", "z");
        GraphSurgery.Merge(model, TestGraphs.Identity(), [new("y", "in")]);
        GraphSurgery.SetMetadata(model, new KeyValuePair<string, string>("a", "b"));
        GraphSurgery.ReplaceInitializer(model, Tensor.FromFloats("offset", [1f]));
        Assert.Equal(before, model.ToByteArray());
    }

    [Fact]
    public void Properties_and_initialisers_are_replaced()
    {
        var model = GraphSurgery.SetMetadata(TestGraphs.Linear(), new("a", "1"), new("b", "2"));
        model = GraphSurgery.SetMetadata(model, new KeyValuePair<string, string>("a", "3"));
        Assert.Equal([("b", "2"), ("a", "3")], model.MetadataProps.Select(p => (p.Key, p.Value)));
        model = GraphSurgery.ReplaceInitializer(model, Tensor.FromFloats("b", [100f], 1));
        Assert.Equal([99f, 102f, 96.5f], TestGraphs.Run(model, "y", X));
        Assert.Throws<ArgumentException>(() => GraphSurgery.ReplaceInitializer(model, Tensor.FromFloats("b", [1f, 2f], 2)));
    }

    [Fact]
    public void Order_is_checked()
    {
        GraphSurgery.CheckOrder(TestGraphs.Linear());
        var model = TestGraphs.Linear();
        (model.Graph.Node[0], model.Graph.Node[1]) = (model.Graph.Node[1], model.Graph.Node[0]);
        Assert.Contains("reads 'product'", Assert.Throws<InvalidModelException>(() => GraphSurgery.CheckOrder(model)).Message, StringComparison.Ordinal);
        var twice = TestGraphs.Linear();
        twice.Graph.Node.Add(twice.Graph.Node[0].Clone());
        Assert.Contains("'product' is defined twice", Assert.Throws<InvalidModelException>(() => GraphSurgery.CheckOrder(twice)).Message, StringComparison.Ordinal);
        var missing = TestGraphs.Linear();
        missing.Graph.Output[0].Name = "ghost";
        Assert.Throws<InvalidModelException>(() => GraphSurgery.CheckOrder(missing));
    }

    [SharedDataFact]
    public void Real_models_survive_surgery()
    {
        var bytes = SharedData.Read("models", "mnist.onnx");
        var model = GraphSurgery.Parse(bytes);
        var image = Tensor.FromFloats("Input3", Enumerable.Range(0, 784).Select(i => i % 7 / 7f).ToArray(), 1, 1, 28, 28);
        using var whole = ModelSession.Load(bytes);
        var expected = whole.Run([image])[0].Span<float>().ToArray();

        var inner = model.Graph.Node.First(n => n.OpType == "MaxPool").Output[0];
        var exposed = GraphSurgery.AddOutputs(model, inner);
        var cut = GraphSurgery.KeepOutputs(exposed, [inner]);
        Assert.True(cut.Graph.Initializer.Count < model.Graph.Initializer.Count);
        Assert.Equal(TestGraphs.Run(exposed, inner, image), TestGraphs.Run(cut, inner, image));
        Assert.Equal(expected, TestGraphs.Run(GraphSurgery.Prefix(model, "m/"), "m/Plus214_Output_0", image.WithName("m/Input3")));
        Assert.Equal(GraphSurgery.Serialize(model), GraphSurgery.Serialize(GraphSurgery.Parse(GraphSurgery.Serialize(model))));
    }
}
