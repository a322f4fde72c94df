using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;
using Iml4e.Tests.Unit.Inference.Onnx;

namespace Iml4e.Tests.Unit.Inference;

public sealed class ModelSessionTests
{
    [SharedDataFact]
    public void Mnist_gives_the_known_logits()
    {
        using var session = ModelSession.Load(SharedData.Read("models", "mnist.onnx"));
        var logits = session.Run([Image(SharedData.Gunzip("mnist", "t10k-images-idx3-ubyte.gz"), 0)])[0];
        double[] expected = [-1.2567, 0.6276, 8.6427, 9.4289, -13.7401, -6.0457, -23.4867, 28.3400, -6.7915, 3.9420];
        Assert.Equal([1L, 10L], logits.Shape);
        Assert.All(expected.Zip(logits.ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 1e-3));
    }

    [SharedDataFact]
    public void Mnist_reaches_the_known_accuracy()
    {
        var images = SharedData.Gunzip("mnist", "t10k-images-idx3-ubyte.gz");
        var labels = SharedData.Gunzip("mnist", "t10k-labels-idx1-ubyte.gz").AsSpan(8);
        using var session = ModelSession.Load(SharedData.Read("models", "mnist.onnx"));
        var right = 0;
        for (var i = 0; i < labels.Length; i++)
        {
            var logits = session.Run([Image(images, i)])[0].Span<float>();
            right += System.Numerics.Tensors.TensorPrimitives.IndexOfMax(logits) == labels[i] ? 1 : 0;
        }

        Assert.Equal(10_000, labels.Length);
        Assert.Equal(0.9890, right / 10_000.0, 1e-4);
    }

    [SharedDataTheory]
    [InlineData("mnist.onnx", "Input3", 1)]
    [InlineData("version-RFB-320.onnx", "input", 2)]
    [InlineData("FastestDet.onnx", "input.1", 1)]
    [InlineData("yunet_n_320_320.onnx", "input", 12)]
    public void Shared_models_load_and_run(string file, string input, int outputs)
    {
        using var session = ModelSession.Load(SharedData.Read("models", file));
        var declared = Assert.Single(session.Metadata.Inputs);
        Assert.Equal((input, outputs), (declared.Name, session.Metadata.Outputs.Count));
        var zeros = new Tensor(input, TensorDatatype.FP32, declared.Shape, new byte[4 * declared.Shape.Aggregate(1L, (a, b) => a * b)]);
        var results = session.Run([zeros]);
        Assert.Equal(session.Metadata.Outputs.Select(o => o.Name), results.Select(r => r.Name));
        Assert.All(results, r => Assert.All(r.ToDoubles(), v => Assert.True(double.IsFinite(v))));
    }

    [SharedDataFact]
    public void A_model_of_an_absent_operator_library_is_refused_with_the_domain()
    {
        var bytes = SharedData.Read("models", "pytorch_superresolution_with_pre_post_processing_op18.onnx");
        Assert.Contains("'com.microsoft.extensions'", Assert.Throws<InvalidModelException>(() => ModelSession.Load(bytes)).Message, StringComparison.Ordinal);
        using var session = ModelSession.Load(bytes, new SessionSettings { Extensions = true });
        Assert.Equal(TensorDatatype.UInt8, session.Metadata.Inputs[0].Datatype);
    }

    [Theory]
    [InlineData(TensorDatatype.Bool)]
    [InlineData(TensorDatatype.UInt8)]
    [InlineData(TensorDatatype.UInt16)]
    [InlineData(TensorDatatype.UInt32)]
    [InlineData(TensorDatatype.UInt64)]
    [InlineData(TensorDatatype.Int8)]
    [InlineData(TensorDatatype.Int16)]
    [InlineData(TensorDatatype.Int32)]
    [InlineData(TensorDatatype.Int64)]
    [InlineData(TensorDatatype.FP16)]
    [InlineData(TensorDatatype.FP32)]
    [InlineData(TensorDatatype.FP64)]
    [InlineData(TensorDatatype.BF16)]
    public void Every_numeric_type_goes_in_and_comes_out(TensorDatatype datatype)
    {
        using var session = ModelSession.Load(TestGraphs.Identity(datatype));
        var data = new byte[5 * datatype.ElementSize()];
        for (var i = 0; i < data.Length; i++)
            data[i] = (byte)(datatype == TensorDatatype.Bool ? i & 1 : 7 * i + 1);
        var result = session.Run([new Tensor("in", datatype, [5], data)])[0];
        Assert.Equal(datatype, result.Datatype);
        Assert.Equal(data, result.Data.ToArray());
        Assert.Empty(session.Run([new Tensor("in", datatype, [0], default)])[0].Data.ToArray());
        // The same bytes behind an odd offset, as in a message: same result.
        var shifted = new byte[data.Length + 1];
        data.CopyTo(shifted, 1);
        Assert.Equal(data, session.Run([new Tensor("in", datatype, [5], shifted.AsMemory(1))])[0].Data.ToArray());
    }

    [Fact]
    public void Strings_go_in_and_come_out_whatever_their_bytes()
    {
        using var session = ModelSession.Load(TestGraphs.Identity(TensorDatatype.Bytes));
        byte[][] strings = ["Hämeenlinna"u8.ToArray(), [], [0, 1, 0], [0xff, 0xfe]];
        Assert.Equal(strings, session.Run([new Tensor("in", strings, [4])])[0].Bytes);
        Assert.Empty(session.Run([new Tensor("in", [], [0])])[0].Bytes!);
    }

    [Fact]
    public void Metadata_tell_names_types_shapes_and_symbols()
    {
        using var session = ModelSession.Load(GraphSurgery.SetMetadata(TestGraphs.Linear(), new KeyValuePair<string, string>("k", "v")));
        var (input, output) = (session.Metadata.Inputs.Single(), session.Metadata.Outputs.Single());
        Assert.Equal("onnx_onnxv1", session.Metadata.Platform);
        Assert.Equal([-1L, 2L], input.Shape);
        Assert.Equal(["N", null], input.Symbols);
        Assert.Equal(("y", TensorDatatype.FP32), (output.Name, output.Datatype));
        Assert.Equal("v", session.Metadata.Properties["k"]);
    }

    [Fact]
    public void Outputs_come_in_the_order_asked_for()
    {
        using var session = ModelSession.Load(GraphSurgery.AddOutputs(TestGraphs.Linear(), "pre", "product"));
        var x = Tensor.FromFloats("x", [1f, 1f], 1, 2);
        Assert.Equal(["product", "y"], session.Run([x], ["product", "y"]).Select(t => t.Name));
        Assert.Equal(["y", "pre", "product"], session.Run([x]).Select(t => t.Name));
    }

    [Fact]
    public void Wrong_inputs_are_refused_by_name()
    {
        using var session = ModelSession.Load(TestGraphs.Linear());
        var x = Tensor.FromFloats("x", [1f, 1f], 1, 2);
        Assert.Contains("'x' is missing", Assert.Throws<ArgumentException>(() => session.Run([])).Message, StringComparison.Ordinal);
        Assert.Contains("no input 'z'", Assert.Throws<ArgumentException>(() => session.Run([x.WithName("z")])).Message, StringComparison.Ordinal);
        Assert.Contains("'x' is given twice", Assert.Throws<ArgumentException>(() => session.Run([x, x])).Message, StringComparison.Ordinal);
        Assert.Contains("is FP32, got FP64", Assert.Throws<ArgumentException>(() => session.Run([Tensor.FromDoubles("x", [1, 1], 1, 2)])).Message, StringComparison.Ordinal);
        Assert.Contains("no output 'q'", Assert.Throws<ArgumentException>(() => session.Run([x], ["q"])).Message, StringComparison.Ordinal);
        var shape = Assert.Throws<InferenceFailedException>(() => session.Run([Tensor.FromFloats("x", [1f, 1f, 1f], 1, 3)]));
        Assert.True(shape.InvalidInput);
        Assert.Contains("x", shape.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(".cc", shape.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Overlapping_runs_do_not_disturb_each_other()
    {
        using var session = ModelSession.Load(TestGraphs.Linear());
        Parallel.For(0, 2000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
            Assert.Equal(i + 0.5f, session.Run([Tensor.FromFloats("x", [i, 0f], 1, 2)])[0].Span<float>()[0]));
    }

    [Fact]
    public async Task Disposal_waits_for_runs_under_way()
    {
        var session = ModelSession.Load(Spinner());
        using var stop = new CancellationTokenSource();
        var run = Task.Run(() => session.Run([Tensor.FromInt64s("rounds", [long.MaxValue])], null, stop.Token));
        session.Dispose();
        // Either the run came first and goes on until it is told to stop, or it came too late.
        stop.Cancel();
        var ended = await Record.ExceptionAsync(() => run);
        Assert.True(ended is OperationCanceledException or ObjectDisposedException, ended?.ToString() ?? "the run ended by itself");
        Assert.Throws<ObjectDisposedException>(() => session.Run([Tensor.FromInt64s("rounds", [1])]));
    }

    [Fact]
    public void A_run_that_takes_too_long_is_ended()
    {
        using var session = ModelSession.Load(Spinner(), new SessionSettings { LongestRun = TimeSpan.FromSeconds(0.2) });
        var ended = Assert.Throws<InferenceFailedException>(() => session.Run([Tensor.FromInt64s("rounds", [long.MaxValue])]));
        Assert.Contains("did not end within 0.2 s", ended.Message, StringComparison.Ordinal);
        Assert.Equal([7L], session.Run([Tensor.FromInt64s("rounds", [7])])[0].Span<long>().ToArray());
    }

    [Fact]
    public async Task A_cancelled_run_ends()
    {
        using var session = ModelSession.Load(Spinner());
        Assert.Equal([7L], session.Run([Tensor.FromInt64s("rounds", [7])])[0].Span<long>().ToArray());
        using var stop = new CancellationTokenSource();
        var run = Task.Run(() => session.Run([Tensor.FromInt64s("rounds", [long.MaxValue])], null, stop.Token));
        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Throws<OperationCanceledException>(() => session.Run([Tensor.FromInt64s("rounds", [1])], null, new CancellationToken(true)));
    }

    public static TheoryData<string, Action<ModelProto>> Spoilt => new()
    {
        { "there is no graph", m => m.Graph = null },
        { "IR version 1 is not supported", m => m.IrVersion = 1 },
        { "version 0 of operator set", m => m.OpsetImport[0].Version = 0 },
        { "is imported twice", m => m.OpsetImport.Add(new OperatorSetIdProto { Domain = "ai.onnx", Version = 17 }) },
        { "opset_import", m => m.OpsetImport.Clear() },
        { "has no outputs", m => m.Graph.Output.Clear() },
        { "keeps its data in another file", m => m.Graph.Initializer[0].DataLocation = TensorProto.Types.DataLocation.External },
        { "keeps its data in another file", m => m.Graph.Initializer[0].ExternalData.Add(new StringStringEntryProto { Key = "location", Value = "/etc/passwd" }) },
        { "negative or too large", m => m.Graph.Initializer[0].Dims[0] = -2 },
        { "negative or too large", m => m.Graph.Initializer[0].Dims.Add([long.MaxValue, long.MaxValue]) },
        { "values or bytes, but 8 are there", m => m.Graph.Initializer[0].Dims[0] = 1L << 40 },
        { "unknown element type 99", m => m.Graph.Initializer[0].DataType = 99 },
        { "operator 'MatMul' is of domain 'evil.ops'", m => m.Graph.Node[0].Domain = "evil.ops" },
        { "names no operator", m => m.Graph.Node[0].OpType = "" },
        { "training information", m => m.TrainingInfo.Add(new TrainingInfoProto()) },
        { "ONNX Runtime refuses the model", m => m.Graph.Node[0].OpType = "NoSuchOperator" },
        { "reads 'ghost', which is not defined before it", m => m.Graph.Node[0].Input[0] = "ghost" },
        { "calls itself", Recursive },
        { "unfold to more than", Exploding },
        { "nested more than 12 deep", Deep },
        { "too large", m => m.Graph.SparseInitializer.Add(new SparseTensorProto
            { Values = TensorProtos.Write(Tensor.FromFloats("s", [1f], 1)), Indices = TensorProtos.Write(Tensor.FromInt64s("i", [0], 1)), Dims = { 1L << 40 } }) },
    };

    [Theory]
    [MemberData(nameof(Spoilt))]
    public void Hostile_models_are_refused_with_the_reason(string reason, Action<ModelProto> spoil)
    {
        var model = TestGraphs.Linear();
        spoil(model);
        var refused = Assert.Throws<InvalidModelException>(() => ModelSession.Load(model.ToByteArray()));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(".cc", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(AppContext.BaseDirectory, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Inputs_and_outputs_that_are_no_tensors_are_refused()
    {
        var g = new GraphBuilder();
        var x = g.Input("x", TensorDatatype.FP32, "N");
        g.Output(g.Node("SequenceConstruct", [x], output: "list"), TensorDatatype.FP32);
        var model = g.Build();
        model.Graph.Output[0].Type = null;
        Assert.Contains("'list' is not a tensor but a sequence", Assert.Throws<InvalidModelException>(() => ModelSession.Load(model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_are_no_models_are_refused()
    {
        Assert.Contains("empty", Assert.Throws<InvalidModelException>(() => ModelSession.Load([])).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidModelException>(() => ModelSession.Load("<html>not found</html>"u8));
        var small = new SessionSettings { Limits = new ModelLimits { MaximumBytes = 10 } };
        Assert.Contains("10 are allowed", Assert.Throws<InvalidModelException>(() => ModelSession.Load(TestGraphs.Linear().ToByteArray(), small)).Message, StringComparison.Ordinal);
    }

    [SharedDataFact]
    public void Mutated_models_load_or_are_refused_and_nothing_else()
    {
        var original = SharedData.Read("models", "mnist.onnx");
        var edits = Gen.ArrayOf(Gen.Zip(Gen.Choose(0, original.Length - 1), Gen.Choose(0, 255)));
        var property = Prop.ForAll(edits.ToArbitrary(), Gen.Choose(0, original.Length).ToArbitrary(), (changes, cut) =>
        {
            var mutated = original.ToArray();
            foreach (var (at, value) in changes)
                mutated[at] = (byte)value;
            Loads(mutated);
            Loads(mutated.AsSpan(0, cut));
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), property);

        static void Loads(ReadOnlySpan<byte> bytes)
        {
            try
            {
                ModelSession.Load(bytes).Dispose();
            }
            catch (InvalidModelException e)
            {
                Assert.NotEmpty(e.Message);
            }
        }
    }

    /// <summary>A loop that counts to the given number.</summary>
    private static ModelProto Spinner()
    {
        var g = new GraphBuilder("spinner");
        var rounds = g.Input("rounds", TensorDatatype.Int64);
        var (start, one, go) = (g.Scalar("start", 0L), g.Scalar("one", 1L), g.Scalar("go", true));
        var body = g.Subgraph("body");
        body.Input("round", TensorDatatype.Int64);
        var condition = body.Input("condition", TensorDatatype.Bool);
        var count = body.Input("count", TensorDatatype.Int64);
        body.Output(body.Node("Identity", [condition]), TensorDatatype.Bool);
        body.Output(body.Node("Add", [count, one]), TensorDatatype.Int64);
        g.Output("total", g.Node("Loop", [rounds, go, start], [Attr.Graph("body", body.BuildGraph())]), TensorDatatype.Int64);
        return g.Build();
    }

    private static void Recursive(ModelProto model)
    {
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "f", Version = 1 });
        model.Functions.Add(Function("a", "b"));
        model.Functions.Add(Function("b", "a"));
        (model.Graph.Node[2].OpType, model.Graph.Node[2].Domain) = ("a", "f");
    }

    private static void Exploding(ModelProto model)
    {
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "f", Version = 1 });
        for (var i = 0; i < 30; i++)
            model.Functions.Add(Function($"f{i}", $"f{i + 1}", $"f{i + 1}"));
        (model.Graph.Node[2].OpType, model.Graph.Node[2].Domain) = ("f0", "f");
    }

    private static void Deep(ModelProto model)
    {
        var inner = new GraphProto { Name = "g" };
        for (var i = 0; i < 14; i++)
        {
            var outer = new GraphProto { Name = "g" };
            outer.Node.Add(new NodeProto { OpType = "If", Attribute = { Attr.Graph("then_branch", inner) } });
            inner = outer;
        }

        model.Graph.Node.Add(new NodeProto { OpType = "If", Input = { "x" }, Output = { "deep" }, Attribute = { Attr.Graph("then_branch", inner) } });
    }

    private static FunctionProto Function(string name, params string[] calls)
    {
        var function = new FunctionProto { Name = name, Domain = "f", Input = { "i" }, Output = { "o" }, OpsetImport = { new OperatorSetIdProto { Domain = "f", Version = 1 } } };
        foreach (var call in calls)
            function.Node.Add(new NodeProto { OpType = call, Domain = "f", Input = { "i" }, Output = { "o" } });
        return function;
    }

    private static Tensor Image(byte[] images, int index)
    {
        var pixels = new float[784];
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = images[16 + index * 784 + i] / 255f;
        return Tensor.FromFloats("Input3", pixels, 1, 1, 28, 28);
    }

    [Fact]
    public void Outputs_in_place_outlive_the_session_but_not_their_release()
    {
        var session = ModelSession.Load(TestGraphs.Linear());
        var outputs = session.RunInPlace([Tensor.FromFloats("x", [1f, 0f, 3f, 1f], 2, 2)]);
        var copy = outputs.Copy();
        session.Dispose();
        Assert.Equal([1.5f, 1.5f], outputs[0].Span<float>().ToArray());
        Assert.Equal([1.5f], outputs[0].Rows(1, 1).Span<float>().ToArray());
        outputs.Dispose();
        outputs.Dispose();
        Assert.Throws<ObjectDisposedException>(() => outputs[0].Span<float>().ToArray());
        Assert.Equal([1.5f, 1.5f], copy[0].Span<float>().ToArray());
    }

    [Fact]
    public void A_warm_up_runs_on_zeros_and_never_harms()
    {
        using (var session = ModelSession.Load(TestGraphs.Linear()))
            Assert.True(session.WarmUp());
        using (var texts = ModelSession.Load(TestGraphs.Identity(TensorDatatype.Bytes)))
            Assert.True(texts.WarmUp());
        var g = new GraphBuilder("huge");
        g.Output("y", g.Input("x", TensorDatatype.FP32, 1 << 13, 1 << 13), TensorDatatype.FP32, 1 << 13, 1 << 13);
        using (var huge = ModelSession.Load(g.Build()))
            Assert.False(huge.WarmUp());
        var r = new GraphBuilder("reshape");
        var pairs = r.Node("Reshape", [r.Input("x", TensorDatatype.FP32, "N"), r.Initializer(Tensor.FromInt64s("shape", [-1, 2], 2))]);
        r.Output("y", pairs, TensorDatatype.FP32, "M", 2);
        using var picky = ModelSession.Load(r.Build());
        Assert.False(picky.WarmUp());
        Assert.Equal(4, picky.Run([Tensor.FromFloats("x", [1, 2, 3, 4], 4)])[0].ElementCount);
    }
}
