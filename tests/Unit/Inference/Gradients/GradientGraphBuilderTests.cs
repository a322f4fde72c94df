using Iml4e.Inference;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Onnx;
using Iml4e.Learning.Networks;

namespace Iml4e.Tests.Unit.Inference.Gradients;

public sealed class GradientGraphBuilderTests
{
    private static readonly Tensor X = Numeric.Floats("x", [2, 3], 1, -2, 3, -4, 5, -6);

    private static GradientModel Build(GraphBuilder g, params string[] wrt) => GradientGraphBuilder.Build(g.Build(), new GradientRequest { Wrt = wrt });

    private static GraphBuilder Graph(out string x)
    {
        var g = new GraphBuilder(opset: 18);
        x = g.Input("x", TensorDatatype.FP32, 2, 3);
        return g;
    }

    private static Tensor Seed(params float[] values) => Tensor.FromFloats("dY_y", values, 2, 3);

    [Fact]
    public void The_same_model_and_request_give_the_same_bytes()
    {
        var first = GraphSurgery.Serialize(Network());
        var request = new GradientRequest { Wrt = ["x", "w1", "w2"], Seed = SeedMode.Loss, Loss = new LossSpec { Kind = LossKind.SoftmaxCrossEntropy } };
        var once = GraphSurgery.Serialize(GradientGraphBuilder.Build(Network(), request).Model);
        Assert.Equal(once, GraphSurgery.Serialize(GradientGraphBuilder.Build(GraphSurgery.Parse(first), request).Model));
        Assert.Equal(first, GraphSurgery.Serialize(Network()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Large_networks_give_the_same_bytes_each_time(bool training)
    {
        var model = Architectures.Convolutional([3, 32, 32], [.. Enumerable.Repeat(8, 40)], 10, BlockKind.Residual);
        Assert.True(model.Graph.Node.Count >= 250, $"{model.Graph.Node.Count} nodes");
        string[] weights = [.. model.Graph.Initializer.Select(i => i.Name).Where(n => n.EndsWith(".weight", StringComparison.Ordinal))];
        var request = new GradientRequest { Wrt = training ? weights : ["input"], TrainingMode = training };
        var once = GraphSurgery.Serialize(GradientGraphBuilder.Build(model, request).Model);
        Assert.Equal(once, GraphSurgery.Serialize(GradientGraphBuilder.Build(GraphSurgery.Parse(GraphSurgery.Serialize(model)), request).Model));
    }

    [Fact]
    public void Nodes_and_constants_have_names_of_their_own_and_no_foreign_domains()
    {
        var model = GradientGraphBuilder.Build(Network(), new GradientRequest { Wrt = ["x"] }).Model;
        var own = model.Graph.Node.SelectMany(n => n.Output).Where(o => !o.StartsWith("__g/", StringComparison.Ordinal)).ToList();
        Assert.Equal(["h", "r", "y", "grad_x"], own);
        Assert.All(model.Graph.Node, n => Assert.Equal("", n.Domain));
        Assert.Equal([("", 18L)], model.OpsetImport.Select(o => (o.Domain, o.Version)));
        Assert.Equal(["y", "grad_x"], model.Graph.Output.Select(o => o.Name));
    }

    [Fact]
    public void An_attack_on_the_input_does_not_pay_for_the_gradients_of_weights()
    {
        var input = GradientGraphBuilder.Build(Network(), new GradientRequest { Wrt = ["x"] });
        var all = GradientGraphBuilder.Build(Network(), new GradientRequest { Wrt = ["x", "w1", "w2"] });
        Assert.Equal(3, input.Report.ForwardNodes);
        // Two products, the mask of Relu, as numbers, times the cotangent, and the output's name.
        Assert.Equal(6, input.Report.BackwardNodes);
        Assert.True(all.Report.BackwardNodes > input.Report.BackwardNodes);
    }

    [Fact]
    public void Shared_subexpressions_are_computed_once()
    {
        var g = Graph(out var x);
        var s = g.Node("Sigmoid", [x], output: "s");
        g.Output("y", g.Node("Softplus", [x]), TensorDatatype.FP32, 2, 3);
        g.Output("z", s, TensorDatatype.FP32, 2, 3);
        var model = Build(g, "x").Model;
        // The slope of Softplus is the Sigmoid that is there already.
        Assert.Single(model.Graph.Node, n => n.OpType == "Sigmoid");
    }

    [Fact]
    public void A_value_used_twice_gets_the_sum()
    {
        var g = Graph(out var x);
        g.Output("y", g.Node("Mul", [x, x]), TensorDatatype.FP32, 2, 3);
        var results = Numeric.Run(Build(g, "x"), X, Seed(1, 1, 1, 1, 1, 2));
        Assert.Equal([2, -4, 6, -8, 10, -24], results["grad_x"].ToDoubles());
    }

    [Fact]
    public void Outputs_that_are_not_asked_for_can_be_left_out()
    {
        var model = GradientGraphBuilder.Build(Network(), new GradientRequest { Wrt = ["x"], KeepForwardOutputs = false });
        Assert.Equal(["grad_x"], model.Model.Graph.Output.Select(o => o.Name));
    }

    [Fact]
    public void A_free_batch_stays_free()
    {
        var loss = new LossSpec { Kind = LossKind.SoftmaxCrossEntropy, Reduction = LossReduction.None };
        var request = new GradientRequest { Wrt = ["x"], Seed = SeedMode.Loss, Loss = loss };
        var model = GradientGraphBuilder.Build(Network(), request);
        using var session = ModelSession.Load(model.Model);
        var one = session.Run([Tensor.FromFloats("x", [1, -1, 2], 1, 3), Tensor.FromInt64s("labels", [1], 1)], ["grad_x"])[0].ToDoubles();
        var many = session.Run([Tensor.FromFloats("x", [1, -1, 2, 0, 0, 0, 1, -1, 2], 3, 3), Tensor.FromInt64s("labels", [1, 0, 1], 3)], ["grad_x", "loss"]);
        Assert.Equal([3L, 3L], many[0].Shape);
        Assert.Equal([3L], many[1].Shape);
        // Without reduction, rows do not mix.
        Assert.Equal(one, many[0].ToDoubles()[..3].Select((v, i) => Math.Abs(v - one[i]) < 1e-6 ? one[i] : v));
        Assert.Equal(one, many[0].ToDoubles()[6..].Select((v, i) => Math.Abs(v - one[i]) < 1e-6 ? one[i] : v));
    }

    [Fact]
    public void Shared_initialisers_are_untied_unless_that_is_not_wanted()
    {
        var g = Graph(out var x);
        var w = g.Initializer("w", [1f, 2f, 3f]);
        g.Output("y", g.Node("Mul", [g.Node("Add", [x, w], output: "sum"), w], output: "product"), TensorDatatype.FP32, 2, 3);
        var forward = g.Build();
        var untied = GradientGraphBuilder.Build(forward, new GradientRequest { Wrt = ["w"], SeedTensors = ["y"] });
        Assert.Equal(["grad_w#sum", "grad_w#product"], untied.GradOutputs);
        var apart = Numeric.Run(untied, X, Seed(1, 1, 1, 1, 1, 1));
        var tied = GradientGraphBuilder.Build(forward, new GradientRequest { Wrt = ["w"], KeepTied = ["w"], SeedTensors = ["y"] });
        Assert.Equal(["grad_w"], tied.GradOutputs);
        var together = Numeric.Run(tied, X, Seed(1, 1, 1, 1, 1, 1))["grad_w"].ToDoubles();
        Assert.Equal(together, apart["grad_w#sum"].ToDoubles().Zip(apart["grad_w#product"].ToDoubles(), (a, b) => a + b));
    }

    [Fact]
    public void In_training_parameters_are_inputs_and_dropout_drops()
    {
        var g = Graph(out var x);
        var product = g.Node("MatMul", [x, g.Initializer("w", [.. Enumerable.Repeat(1f, 300)], 3, 100)]);
        g.Output("y", g.Node("Dropout", [product, g.Scalar("ratio", 0.5f)], [Attr.Int("seed", 7)]), TensorDatatype.FP32, 2, 100);
        var forward = g.Build();
        var model = GradientGraphBuilder.Build(forward, new GradientRequest { Wrt = ["w", "x"], TrainingMode = true });
        Assert.Equal(["w"], model.ParamInputs);
        Assert.Equal(300, Assert.Single(model.Parameters).ElementCount);
        var results = Numeric.Run(model, X, model.Parameters[0], Tensor.FromFloats("dY_y", [.. Enumerable.Repeat(1f, 200)], 2, 100));
        var (y, gradient) = (results["y"].ToDoubles(), results["grad_x"].ToDoubles());
        Assert.InRange(y.Count(v => v == 0), 50, 150);
        for (var row = 0; row < 2; row++)
            Assert.Equal(2.0 * y[(row * 100)..(row * 100 + 100)].Count(v => v != 0), gradient[row * 3], 1e-3);
        var inference = GradientGraphBuilder.Build(forward, new GradientRequest { Wrt = ["x"] });
        Assert.DoesNotContain(inference.Model.Graph.Node, n => n.OpType == "Dropout");
    }

    [Fact]
    public void Quantised_models_are_differentiated_straight_through()
    {
        var g = Graph(out var x);
        var (scale, zero) = (g.Scalar("scale", 0.5f), g.Initializer(Tensor.FromUInt8s("zero", [4])));
        var q = g.Node("QuantizeLinear", [x, scale, zero], output: "q");
        g.Output("y", g.Node("DequantizeLinear", [q, scale, zero], output: "dq"), TensorDatatype.FP32, 2, 3);
        var model = Build(g, "x");
        // 0 - 4 quarters to 255 - 4: -2 … 125.5.
        Assert.Equal([1, 1, 1, 0, 1, 0], Numeric.Run(model, X, Seed(1, 1, 1, 1, 1, 1))["grad_x"].ToDoubles());
        Assert.Equal(["dq", "q"], model.Report.StraightThrough);
    }

    [Fact]
    public void An_operator_without_a_rule_is_an_error_that_says_where_and_what_to_do()
    {
        var g = Graph(out var x);
        g.Output("y", g.Node("Det", [g.Node("MatMul", [g.Node("Transpose", [x]), x])], output: "determinant"), TensorDatatype.FP32);
        var error = Assert.Throws<UnsupportedOpException>(() => Build(g, "x"));
        Assert.Equal(("Det", "", 18L, "determinant"), (error.Op, error.Domain, error.Opset, error.NodeName));
        Assert.Contains("black box", error.Message, StringComparison.Ordinal);
        var report = GradientGraphBuilder.Examine(g.Build(), new GradientRequest { Wrt = ["x"] });
        Assert.Equal(["determinant"], report.Unsupported.Select(u => u.Node));
    }

    [Theory]
    [InlineData("Det", "", 11, "ai.onnx 11")]
    [InlineData("Det", "", 21, "ai.onnx 21")]
    [InlineData("Frobnicate", "example.operators", 11, "'example.operators' 1")]
    [InlineData("Frobnicate", "example.operators", 18, "'example.operators' 1")]
    public void An_operator_without_a_rule_is_told_before_anything_is_run(string op, string domain, int opset, string set)
    {
        // The runtime has no kernel of one of them, so that any run would fail. The old Softmax asks for shapes.
        var g = new GraphBuilder(opset: opset);
        var x = g.Input("x", TensorDatatype.FP32, 2, 3, 3);
        var s = g.Node("Softmax", [x], [Attr.Int("axis", 1)]);
        g.Output("y", g.Node(op, [s], domain: domain, output: "odd one"), TensorDatatype.FP32, "");
        var error = Assert.Throws<UnsupportedOpException>(() => Build(g, "x"));
        Assert.Equal((op, domain, domain.Length > 0 ? 1L : opset, "odd one"), (error.Op, error.Domain, error.Opset, error.NodeName));
        Assert.Contains(op, error.Message, StringComparison.Ordinal);
        Assert.Contains("odd one", error.Message, StringComparison.Ordinal);
        Assert.Contains(set, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unused_weight_and_an_input_that_only_chooses_have_no_gradient()
    {
        var g = Graph(out var x);
        var at = g.Input("at", TensorDatatype.FP32, 2, 3);
        g.Initializer("unused", [1f, 2f]);
        var chosen = g.Node("Where", [g.Node("Greater", [at, x]), x, g.Node("Neg", [x])]);
        g.Output("y", chosen, TensorDatatype.FP32, 2, 3);
        Assert.Equal("unused", Assert.Throws<NoGradientPathException>(() => Build(g, "x", "unused")).Wrt);
        var error = Assert.Throws<NoGradientPathException>(() => Build(g, "x", "at"));
        Assert.Equal("at", error.Wrt);
        Assert.Contains("Greater", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Free_dimensions_of_different_names_may_differ()
    {
        var g = new GraphBuilder(opset: 18);
        var (a, b) = (g.Input("a", TensorDatatype.FP32, "N", "C"), g.Input("b", TensorDatatype.FP32, "M", "D"));
        g.Output("y", g.Node("Mul", [a, b]), TensorDatatype.FP32, "", "");
        var model = Build(g, "a", "b");
        foreach (var (left, right) in new (long[], long[])[] { ([2, 3], [2, 3]), ([2, 3], [1, 3]), ([1, 3], [2, 1]), ([2, 1], [2, 3]), ([1, 1], [2, 3]), ([2, 3], [1, 1]) })
        {
            var (x, w) = (Numeric.Between(new Random(1), -1, 1, "a", left), Numeric.Between(new Random(2), -1, 1, "b", right));
            var results = Numeric.Run(model, x, w, Tensor.FromFloats("dY_y", [1, 2, 3, 4, 5, 6], Wider(left, right)));
            Assert.Equal(left, results["grad_a"].Shape);
            Assert.Equal(right, results["grad_b"].Shape);
            // ⟨g, a·b⟩ is linear in each.
            var y = Numeric.Dot(results["y"].ToDoubles(), [1, 2, 3, 4, 5, 6]);
            Assert.Equal(y, Numeric.Dot(x.ToDoubles(), results["grad_a"].ToDoubles()), 1e-5);
            Assert.Equal(y, Numeric.Dot(w.ToDoubles(), results["grad_b"].ToDoubles()), 1e-5);
        }

        static long[] Wider(long[] left, long[] right) => [.. left.Zip(right, Math.Max)];
    }

    [Fact]
    public void A_length_that_stands_in_tensors_of_any_rank_is_one_length()
    {
        var g = new GraphBuilder(opset: 18);
        var x = g.Input("x", TensorDatatype.FP32, "N", "S", 4);
        var mask = g.Input("mask", TensorDatatype.FP32, "N", 1, "S", "S");
        var scores = g.Node("MatMul", [x, g.Node("Transpose", [x], [Attr.Ints("perm", 0, 2, 1)])]);
        var heads = g.Node("Add", [g.Node("Unsqueeze", [scores, g.Initializer("one", [1L])]), mask]);
        g.Output("y", g.Node("Softmax", [heads]), TensorDatatype.FP32, "N", 1, "S", "S");
        var results = Numeric.Run(
            Build(g, "x"), Numeric.Between(new Random(3), -1, 1, "x", 3, 2, 4), Tensor.FromFloats("mask", new float[12], 3, 1, 2, 2),
            Tensor.FromFloats("dY_y", [.. Enumerable.Repeat(1f, 12)], 3, 1, 2, 2));
        // Rows of probabilities add up to 1 whatever comes in.
        Numeric.Close(new double[24], results["grad_x"], 1e-6);
    }

    [Theory]
    [InlineData("Tile", new long[] { 2, 1 }, new long[] { 4, 3 })]
    [InlineData("Expand", new long[] { 3, 2, 3 }, new long[] { 3, 2, 3 })]
    [InlineData("Reshape", new long[] { 3, 2 }, new long[] { 3, 2 })]
    [InlineData("Slice", new long[] { 0, 1, 2, 3 }, new long[] { 2, 2 })]
    [InlineData("Pad", new long[] { 1, 0, 2, 1 }, new long[] { 5, 4 })]
    [InlineData("Resize", new long[] { 4, 6 }, new long[] { 4, 6 })]
    [InlineData("TopK", new long[] { 2 }, new long[] { 2, 2 })]
    public void Shapes_that_are_given_as_data_are_not_taken_from_a_trial(string op, long[] given, long[] shape)
    {
        var g = Graph(out var x);
        var numbers = g.Input("given", TensorDatatype.Int64, given.Length);
        string[] inputs = op switch
        {
            "Slice" => [x, g.Node("Gather", [numbers, g.Initializer("starts", [0L, 1L])]), g.Node("Gather", [numbers, g.Initializer("ends", [2L, 3L])])],
            "Resize" => [x, "", "", numbers],
            _ => [x, numbers],
        };
        var result = g.Nodes(op, inputs, op == "TopK" ? ["result", "indices"] : ["result"])[0];
        g.Output("y", g.Node("ReduceMean", [result, g.Initializer("axis", [0L])], [Attr.Int("keepdims", 0)]), TensorDatatype.FP32, [.. shape[1..].Select(_ => (Dim)"")]);
        var model = Build(g, "x");
        var seed = Numeric.Between(new Random(1), -1, 1, "dY_y", shape[1..]);
        var results = Numeric.Run(model, X, Tensor.FromInt64s("given", given, given.Length), seed);
        Assert.Equal(X.Shape, results["grad_x"].Shape);
        // Each is linear in x where it chooses alike.
        Assert.Equal(Numeric.Dot(results["y"].ToDoubles(), seed.ToDoubles()), Numeric.Dot(X.ToDoubles(), results["grad_x"].ToDoubles()), 1e-5);
    }

    [Fact]
    public void Control_flow_on_the_way_is_an_error()
    {
        var error = Assert.Throws<UnsupportedOpException>(() => GradientGraphBuilder.Build(Onnx.TestGraphs.Branches(), new GradientRequest { Wrt = ["x"] }));
        Assert.Equal("If", error.Op);
        Assert.Contains("control flow", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_that_has_no_influence_is_an_error_unless_zeros_will_do()
    {
        var g = Graph(out var x);
        var other = g.Input("other", TensorDatatype.FP32, 2, 3);
        g.Output("y", g.Node("Add", [g.Node("Round", [x], output: "rounded"), other]), TensorDatatype.FP32, 2, 3);
        var error = Assert.Throws<NoGradientPathException>(() => Build(g, "x"));
        Assert.Equal("x", error.Wrt);
        Assert.Contains("rounded", error.Message, StringComparison.Ordinal);
        var zeros = GradientGraphBuilder.Build(g.Build(), new GradientRequest { Wrt = ["x", "other"], AllowZero = true });
        Assert.Equal(["Round"], zeros.Report.ZeroGradientOps);
        var results = Numeric.Run(zeros, X, X.WithName("other"), Seed(1, 2, 3, 4, 5, 6));
        Assert.Equal(new double[6], results["grad_x"].ToDoubles());
        Assert.Equal([1, 2, 3, 4, 5, 6], results["grad_other"].ToDoubles());
    }

    [Fact]
    public void Requests_that_do_not_fit_the_model_are_errors()
    {
        var g = Graph(out var x);
        var at = g.Input("at", TensorDatatype.Int64, 2);
        g.Output("y", g.Node("Gather", [x, at]), TensorDatatype.FP32, 2, 3);
        g.Output("n", g.Node("Identity", [at]), TensorDatatype.Int64, 2);
        var forward = g.Build();
        string Field(GradientRequest request) => Assert.Throws<GradientRequestException>(() => GradientGraphBuilder.Build(forward, request)).Field;
        LossSpec Loss(string? output = null) => new() { Kind = LossKind.MeanSquaredError, Output = output };

        Assert.Equal("wrt", Field(new GradientRequest { Wrt = ["at"] }));
        Assert.Equal("wrt", Field(new GradientRequest { Wrt = ["ghost"] }));
        Assert.Equal("wrt", Field(new GradientRequest { Wrt = [] }));
        Assert.Equal("wrt", Field(new GradientRequest { Wrt = ["x", "x"] }));
        Assert.Equal("seedTensors", Field(new GradientRequest { Wrt = ["x"], SeedTensors = ["ghost"] }));
        Assert.Equal("seedTensors", Field(new GradientRequest { Wrt = ["x"], SeedTensors = ["y", "n"] }));
        Assert.Equal("loss", Field(new GradientRequest { Wrt = ["x"], Seed = SeedMode.Loss }));
        Assert.Equal("loss.output", Field(new GradientRequest { Wrt = ["x"], Seed = SeedMode.Loss, Loss = Loss("ghost") }));
        Assert.Equal("loss.labelInput", Field(new GradientRequest { Wrt = ["x"], Seed = SeedMode.Loss, Loss = Loss() with { LabelInput = "at" } }));
        Assert.Equal("loss.quantile", Field(new GradientRequest { Wrt = ["x"], Seed = SeedMode.Loss, Loss = Loss() with { Quantile = 1 } }));
        Assert.Equal("shapeHints", Field(new GradientRequest { Wrt = ["x"], ShapeHints = new Dictionary<string, long[]> { ["ghost"] = [1] } }));
        Assert.Equal("shapeHints", Field(new GradientRequest { Wrt = ["x"], ShapeHints = new Dictionary<string, long[]> { ["x"] = [2, 4] } }));
    }

    [Fact]
    public void Free_dimensions_that_cannot_be_guessed_ask_for_hints()
    {
        var g = new GraphBuilder(opset: 18);
        var x = g.Input("x", TensorDatatype.FP32, "N", "K");
        g.Output("y", g.Node("MatMul", [x, g.Initializer("w", [1f, 2f, 3f], 3, 1)]), TensorDatatype.FP32, "N", 1);
        var forward = g.Build();
        var error = Assert.Throws<RankUnknownException>(() => GradientGraphBuilder.Build(forward, new GradientRequest { Wrt = ["x"] }));
        Assert.Contains("shapeHints", error.Message, StringComparison.Ordinal);
        var model = GradientGraphBuilder.Build(forward, new GradientRequest { Wrt = ["x"], ShapeHints = new Dictionary<string, long[]> { ["x"] = [-1, 3] } });
        var results = Numeric.Run(model, X, Tensor.FromFloats("dY_y", [1, 10], 2, 1));
        Assert.Equal([1, 2, 3, 10, 20, 30], results["grad_x"].ToDoubles());
    }

    [Fact]
    public void Functions_of_the_model_are_inlined()
    {
        var g = Graph(out var x);
        g.Import("local", 1);
        g.Output("y", g.Node("Scaled", [x], [Attr.Float("by", 3)], "local"), TensorDatatype.FP32, 2, 3);
        var forward = g.Build();
        var function = new FunctionProto { Name = "Scaled", Domain = "local", Input = { "a" }, Output = { "b" }, Attribute = { "by" } };
        function.OpsetImport.Add(new OperatorSetIdProto { Version = 18 });
        var factor = new AttributeProto { Name = "value_float", RefAttrName = "by", Type = AttributeProto.Types.AttributeType.Float };
        function.Node.Add(new NodeProto { OpType = "Constant", Output = { "factor" }, Attribute = { factor } });
        function.Node.Add(new NodeProto { OpType = "Mul", Input = { "a", "factor" }, Output = { "b" } });
        forward.Functions.Add(function);
        var model = GradientGraphBuilder.Build(forward, new GradientRequest { Wrt = ["x"] });
        Assert.Empty(model.Model.Functions);
        Assert.Equal([3, 3, 3, 3, 3, 6], Numeric.Run(model, X, Seed(1, 1, 1, 1, 1, 2))["grad_x"].ToDoubles());
    }

    [Fact]
    public void Half_precision_is_widened()
    {
        var g = new GraphBuilder(opset: 18);
        var x = g.Input("x", TensorDatatype.FP16, 2);
        g.Output("y", g.Node("Mul", [x, g.Initializer(Tensor.FromHalves("w", [(Half)2, (Half)0.5], 2))]), TensorDatatype.FP16, 2);
        var model = Build(g, "x");
        Assert.Equal([2, 0.5], Numeric.Run(model, Tensor.FromFloats("x", [1, 1], 2), Tensor.FromFloats("dY_y", [1, 1], 2))["grad_x"].ToDoubles());
    }

    [Theory]
    [InlineData(TiePolicy.EvenSplit, new[] { 0.5, 0, 0.5 })]
    [InlineData(TiePolicy.Full, new[] { 1.0, 0, 1 })]
    public void Ties_of_maxima_are_settled_as_asked(TiePolicy policy, double[] expected)
    {
        var g = new GraphBuilder(opset: 18);
        g.Output("y", g.Node("ReduceMax", [g.Input("x", TensorDatatype.FP32, 3)], [Attr.Int("keepdims", 0)]), TensorDatatype.FP32);
        var model = GradientGraphBuilder.Build(g.Build(), new GradientRequest { Wrt = ["x"], MaxTies = policy });
        Assert.Equal(expected, Numeric.Run(model, Tensor.FromFloats("x", [3, 1, 3], 3), Tensor.FromFloats("dY_y", [1]))["grad_x"].ToDoubles());
    }

    /// <summary>y = relu(x·w1)·w2; x [N,3].</summary>
    private static ModelProto Network()
    {
        var g = new GraphBuilder(opset: 13);
        var x = g.Input("x", TensorDatatype.FP32, "N", 3);
        var h = g.Node("MatMul", [x, g.Initializer("w1", [1f, -2, 0.5f, 1, 1, 2, -1, 0.25f, 3, 1, -1, 2], 3, 4)], output: "h");
        var r = g.Node("Relu", [h], output: "r");
        g.Output(g.Node("MatMul", [r, g.Initializer("w2", [1f, 2, -1, 1, 0.5f, -0.5f, 1, 3], 4, 2)], output: "y"), TensorDatatype.FP32, "N", 2);
        return g.Build();
    }
}
