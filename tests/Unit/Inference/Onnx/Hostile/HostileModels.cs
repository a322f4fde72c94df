using System.IO.Compression;
using System.Text;
using Google.Protobuf;
using Iml4e.Inference;
using Iml4e.Inference.Onnx;
using AttributeType = Iml4e.Inference.Onnx.AttributeProto.Types.AttributeType;
using DataType = Iml4e.Inference.Onnx.TensorProto.Types.DataType;

namespace Iml4e.Tests.Unit.Inference.Onnx.Hostile;

/// <summary>The corpus of hostile ONNX files, each made anew; all but what is in the name is sound.</summary>
public static class HostileModels
{
    /// <summary>All files.</summary>
    public static IReadOnlyList<HostileModel> All { get; } =
    [
        .. Bytes(), .. Structure(), .. Names(), .. Order(), .. Tensors(), .. External(), .. Attributes(), .. Interface(), .. Nesting(), .. Functions(), .. Bombs(), .. Untypical(),
    ];

    private static IEnumerable<HostileModel> Bytes()
    {
        yield return new("empty-file", "empty", () => []);
        yield return new("html", "not an ONNX model", () => "<html>not found</html>"u8.ToArray());
        yield return new("json", "", () => """{"graph":{"node":[]}}"""u8.ToArray());
        yield return new("png", "", () => [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13]);
        yield return new("gzip-of-a-model", "", () => Zip(Sound()));
        yield return new("gzip-bomb", "", () => Zip(new byte[64 << 20]));
        yield return new("zeros", "", () => new byte[4096]);
        yield return new("ones", "", () => [.. Enumerable.Repeat((byte)0xff, 4096)]);
        // Cut within the graph: what is lost is announced by a length that is no longer there.
        foreach (var percent in (int[])[5, 15, 30, 45, 60, 75, 90])
            yield return new($"cut-off-at-{percent}-percent", "cut off", () => Sound()[..(Sound().Length * percent / 100)]);
        yield return new("cut-off-by-one", "cut off", () => Wire(w => w.Field(7, Model().Graph.ToByteArray()))[..^1]);
        yield return new("tensor-of-2-gigabytes-announced", "2147483647 bytes", () => Wire(w => w.Field(7, Wire(g => g.Field(5, Wire(t => t.Head(9, int.MaxValue)))))));
        yield return new("length-beyond-64-bits", "damaged", () => [0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
        yield return new("negative-length", "cut off", () => [0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
        yield return new("field-number-zero", "damaged", () => [.. Sound(), 0x00, 0x01]);
        yield return new("groups", "damaged", () => [.. Sound(), 0x3b, 0x3c]);
        yield return new("graph-stored-as-number", "stored in another way", () => [0x08, 8, 0x38, 1]);
        yield return new("second-graph", "more than one graph", () => [.. Sound(), .. Wire(w => w.Field(7, Model().Graph.ToByteArray()))]);
        yield return new("format-of-the-runtime-as-well", "", Polyglot, OnlyWhenTried: true);
        yield return new("millions-of-empty-messages", "of memory to read", () => [.. Enumerable.Repeat((byte[])[0x42, 0x00], 4_000_000).SelectMany(b => b)]);
        yield return new("millions-of-unknown-fields", "of memory to read", () => [.. Sound(), .. Enumerable.Repeat((byte[])[0xf8, 0x06, 0x00], 1_000_000).SelectMany(b => b)]);
    }

    private static IEnumerable<HostileModel> Structure()
    {
        yield return Changed("no-graph", "no graph", m => m.Graph = null);
        yield return Changed("empty-graph", "graph is empty", m => m.Graph = new GraphProto { Name = "g" });
        yield return Changed("no-outputs", "no outputs", m => m.Graph.Output.Clear());
        yield return Changed("format-version-1", "IR version 1 is not supported", m => m.IrVersion = 1);
        yield return Changed("format-version-63", "IR version", m => m.IrVersion = 63, onlyWhenTried: true);
        yield return Changed("format-version-beyond-32-bits", "IR version", m => m.IrVersion = 1L << 40);
        yield return Changed("operator-set-0", "version 0 of operator set", m => m.OpsetImport[0].Version = 0);
        yield return Changed("operator-set-999", "opset", m => m.OpsetImport[0].Version = 999, onlyWhenTried: true);
        yield return Changed("operator-set-twice", "imported twice", m => m.OpsetImport.Add(new OperatorSetIdProto { Domain = "ai.onnx", Version = 17 }));
        yield return Changed("no-operator-sets", "opset_import", m => m.OpsetImport.Clear());
        yield return Changed("unknown-domain", "domain 'evil.ops'", m => m.Graph.Node[0].Domain = "evil.ops");
        yield return Changed("domain-that-looks-known", "domain 'ai.onnx.ml.evil'", m => m.Graph.Node[0].Domain = "ai.onnx.ml.evil");
        yield return Changed("unknown-operator", "NoSuchOperator", m => m.Graph.Node[0].OpType = "NoSuchOperator", onlyWhenTried: true);
        yield return Changed("no-operator", "names no operator", m => m.Graph.Node[0].OpType = "");
        yield return Changed("training", "training information", m => m.TrainingInfo.Add(new TrainingInfoProto { Algorithm = m.Graph.Clone() }));
        yield return Changed("100000-nodes", "more than 50000 nodes", m => Chain(m, 100_000));
        yield return Changed("100000-tensors", "more than 50000 tensors", m =>
        {
            for (var i = 0; i < 100_000; i++)
                m.Graph.Initializer.Add(new TensorProto { Name = $"t{i}", DataType = (int)DataType.Float });
        });
        yield return Changed("million-attributes", "", m =>
        {
            for (var i = 0; i < 1_000_000; i++)
                m.Graph.Node[0].Attribute.Add(Attr.Int("a", i));
        });
        yield return Changed("properties-of-20-megabytes", "metadata_props", m => m.MetadataProps.Add(new StringStringEntryProto { Key = "k", Value = new string('x', 20 << 20) }));
    }

    private static IEnumerable<HostileModel> Names()
    {
        yield return Changed("name-of-a-megabyte", "4096 are allowed", m => m.Graph.Node[0].Name = new string('n', 1 << 20));
        yield return Changed("name-with-line-feeds", "control characters", m => m.Graph.Node[0].Name = "a\nFAKE LOG LINE");
        yield return Changed("name-with-terminal-codes", "control characters", m => m.Graph.Node[0].Name = "\u001b[31mred");
        yield return Changed("name-that-turns-the-direction", "control characters", m => m.Graph.Node[0].Name = "a\u202eb");
        yield return Changed("name-with-nul", "control characters", m => m.Graph.Input[0].Name = "x\0y");
        yield return Changed("dimension-with-escape", "control characters", m => m.Graph.Input[0].Type.TensorType.Shape.Dim[0].DimParam = "N\u009b");
        yield return new("name-that-is-no-utf8", "not UTF-8", () => Wire(w => w.Field(7, Wire(g => g.Field(1, Wire(n => n.Field(3, [0xc3, 0x28, 0xff])))))));
        yield return new("surrogate-in-a-name", "not UTF-8", () => Wire(w => w.Field(7, Wire(g => g.Field(2, [0xed, 0xa0, 0x80])))));
        yield return Changed("input-without-name", "no name", m => m.Graph.Input[0].Name = "");
        yield return Changed("output-without-name", "no name", m => m.Graph.Output[0].Name = "");
        yield return Changed("initialiser-without-name", "no name", m => m.Graph.Initializer[0].Name = "");
        yield return Changed("inputs-of-one-name", "'x' is defined twice", m => m.Graph.Input.Add(m.Graph.Input[0].Clone()));
        yield return Changed("outputs-of-one-name", "'y' is given twice", m => m.Graph.Output.Add(m.Graph.Output[0].Clone()));
        yield return Changed("initialisers-of-one-name", "'w' is defined twice", m => m.Graph.Initializer.Add(m.Graph.Initializer[0].Clone()));
        yield return Changed("value-defined-twice", "'product' is defined twice", m => m.Graph.Node[1].Output[0] = "product");
        yield return Changed("value-over-an-input", "'x' is defined twice", m => m.Graph.Node[0].Output[0] = "x");
    }

    private static IEnumerable<HostileModel> Order()
    {
        yield return Changed("cycle-of-two", "without cycles", m => m.Graph.Node[0].Input[0] = "pre");
        yield return Changed("node-that-reads-itself", "without cycles", m => m.Graph.Node[1].Input[0] = "pre");
        yield return Changed("nodes-out-of-order", "stand in the order", m => m.Graph.Node.Insert(0, Take(m.Graph.Node, 2)));
        yield return Changed("value-from-nowhere", "reads 'ghost'", m => m.Graph.Node[0].Input[0] = "ghost");
        yield return Changed("output-from-nowhere", "'ghost' is not defined", m => m.Graph.Output[0].Name = "ghost");
        yield return Changed("branch-that-reads-its-own-result", "not defined before it", m => AddIf(m, "branched", "branched"));
        yield return Changed("branch-that-reads-nothing-known", "reads 'ghost'", m => AddIf(m, "branched", "ghost"));
        yield return Changed("loop-that-reads-its-own-result", "not defined before it", m => AddLoop(m, 3, body => body.Node[0].Input[0] = "looped"));
    }

    private static IEnumerable<HostileModel> Tensors()
    {
        yield return Changed("negative-dimension", "negative or too large", m => m.Graph.Initializer[0].Dims[0] = -2);
        yield return Changed("dimensions-that-overflow", "negative or too large", m => m.Graph.Initializer[0].Dims.Add([long.MaxValue, long.MaxValue]));
        yield return Changed("dimensions-that-overflow-to-zero", "negative or too large", m => m.Graph.Initializer[0].Dims.Add([1L << 32, 1L << 32, 0]));
        yield return Changed("2-gigabytes-of-8-bytes", "but 8 are there", m => (m.Graph.Initializer[0].Dims[0], m.Graph.Initializer[0].Dims[1]) = (1 << 15, 1 << 14));
        yield return Changed("more-bytes-than-elements", "but 8 are there", m => m.Graph.Initializer[0].Dims[0] = 1);
        yield return Changed("bytes-and-numbers", "stored twice", m => m.Graph.Initializer[0].FloatData.Add([1, 2]));
        yield return Changed("element-type-99", "unknown element type 99", m => m.Graph.Initializer[0].DataType = 99);
        yield return Changed("element-type-undefined", "unknown element type 0", m => m.Graph.Initializer[0].DataType = 0);
        yield return Changed("segments", "segments", m => m.Graph.Initializer[0].Segment = new TensorProto.Types.Segment { End = 1 });
        yield return Changed("hundred-dimensions", "more than 64 dimensions", m => m.Graph.Initializer[0].Dims.Add(Enumerable.Repeat(1L, 100)));
        yield return Changed("too-few-strings", "but 1 are there", m => m.Graph.Initializer.Add(
            new TensorProto { Name = "s", DataType = (int)DataType.String, Dims = { 1 << 30 }, StringData = { ByteString.Empty } }));
        yield return Changed("sparse-of-a-terabyte", "too large", m => m.Graph.SparseInitializer.Add(Sparse(1L << 40)));
        yield return Changed("sparse-without-values", "lacks its values", m => m.Graph.SparseInitializer.Add(new SparseTensorProto { Dims = { 4 } }));
        yield return Changed("sparse-outside-its-shape", "", m =>
        {
            var sparse = Sparse(4);
            sparse.Indices = TensorProtos.Write(Tensor.FromInt64s("i", [1L << 40], 1));
            m.Graph.SparseInitializer.Add(sparse);
        }, onlyWhenTried: true);
    }

    private static IEnumerable<HostileModel> External()
    {
        foreach (var path in (string[])["../../../../etc/passwd", "/etc/passwd", "C:\\Windows\\win.ini", "*/_ORT_MEM_ADDR_/*", ""])
        {
            yield return Changed($"external-{path.Replace('/', '-').Replace('\\', '-').Replace('*', 'x')}", "in another file", m =>
            {
                m.Graph.Initializer[0].DataLocation = TensorProto.Types.DataLocation.External;
                m.Graph.Initializer[0].ExternalData.Add(new StringStringEntryProto { Key = "location", Value = path });
                m.Graph.Initializer[0].ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = "140000000000000" });
            });
        }

        yield return Changed("external-without-place", "in another file", m => m.Graph.Initializer[0].DataLocation = TensorProto.Types.DataLocation.External);
        yield return Changed("external-in-a-constant", "in another file", m => m.Graph.Node.Insert(0, new NodeProto
        {
            OpType = "Constant", Output = { "c" }, Attribute = { new AttributeProto { Name = "value", Type = AttributeType.Tensor, T = Elsewhere() } },
        }));
        yield return Changed("external-in-a-default-of-a-function", "in another file", m => m.Functions.Add(new FunctionProto
        {
            Name = "f", Domain = "f", AttributeProto = { new AttributeProto { Name = "a", Type = AttributeType.Tensor, T = Elsewhere() } },
        }));
        yield return Changed("external-in-a-branch", "in another file", m => AddIf(m, "branched", "x", branch => branch.Initializer.Add(Elsewhere())));
        yield return Changed("external-in-a-sparse-tensor", "in another file", m => m.Graph.SparseInitializer.Add(new SparseTensorProto { Values = Elsewhere() }));
    }

    private static IEnumerable<HostileModel> Attributes()
    {
        yield return Changed("attribute-nan", "not a finite number", m => m.Graph.Node.Add(Gemm(Attr.Float("alpha", float.NaN))));
        yield return Changed("attribute-infinite", "not a finite number", m => m.Graph.Node.Add(Gemm(Attr.Float("beta", float.PositiveInfinity))));
        yield return Changed("attribute-twice", "given twice", m => m.Graph.Node.Add(Gemm(Attr.Float("alpha", 1), Attr.Float("alpha", 2))));
        yield return Changed("attribute-without-name", "no name", m => m.Graph.Node.Add(Gemm(Attr.Float("", 1))));
        yield return Changed("attribute-of-another-type", "holds something else", m =>
            m.Graph.Node.Add(Gemm(new AttributeProto { Name = "alpha", Type = AttributeType.Float, Ints = { 1 } })));
        yield return Changed("tensor-attribute-without-tensor", "holds something else", m =>
            m.Graph.Node.Add(Gemm(new AttributeProto { Name = "alpha", Type = AttributeType.Tensor })));
        yield return Changed("attribute-of-unknown-type", "unknown type 77", m =>
            m.Graph.Node.Add(Gemm(new AttributeProto { Name = "alpha", Type = (AttributeType)77 })));
        yield return Changed("attribute-that-is-not-there", "", m => m.Graph.Node.Add(Gemm(Attr.Float("no_such_attribute", 1))), onlyWhenTried: true);
    }

    private static IEnumerable<HostileModel> Interface()
    {
        var tensor = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)DataType.Float } };
        yield return Changed("input-sequence", "a sequence", m => m.Graph.Input[0].Type = new TypeProto { SequenceType = new TypeProto.Types.Sequence { ElemType = tensor } });
        yield return Changed("input-map", "a map", m => m.Graph.Input[0].Type = new TypeProto { MapType = new TypeProto.Types.Map { KeyType = 7, ValueType = tensor } });
        yield return Changed("input-optional", "an optional value", m => m.Graph.Input[0].Type = new TypeProto { OptionalType = new TypeProto.Types.Optional { ElemType = tensor } });
        yield return Changed("input-sparse", "a sparse tensor", m => m.Graph.Input[0].Type = new TypeProto { SparseTensorType = new TypeProto.Types.SparseTensor { ElemType = 1 } });
        yield return Changed("input-opaque", "an opaque value", m => m.Graph.Input[0].Type = new TypeProto { OpaqueType = new TypeProto.Types.Opaque { Name = "x" } });
        yield return Changed("input-without-type", "has no type", m => m.Graph.Input[0].Type = null);
        yield return Changed("input-of-element-type-99", "element type", m => m.Graph.Input[0].Type.TensorType.ElemType = 99);
        yield return Changed("input-complex", "cannot be served", Complex);
        yield return Changed("input-of-an-exabyte", "declared with more than", m => m.Graph.Input[0].Type.TensorType.Shape.Dim[1].DimValue = 1L << 60);
        yield return Changed("output-of-an-exabyte", "declared with more than", m => m.Graph.Output[0].Type.TensorType.Shape.Dim[1].DimValue = 1L << 60);
        yield return Changed("input-of-negative-size", "has a dimension of -7", m => m.Graph.Input[0].Type.TensorType.Shape.Dim[1].DimValue = -7);
        yield return Changed("wrong-type", "Type", m => m.Graph.Input[0].Type.TensorType.ElemType = (int)DataType.Int64, onlyWhenTried: true);
        yield return Changed("output-of-another-type", "", m => m.Graph.Output[0].Type.TensorType.ElemType = (int)DataType.Int64, onlyWhenTried: true);
        yield return Changed("shapes-that-do-not-fit", "", m => m.Graph.Input[0].Type.TensorType.Shape.Dim[1].DimValue = 5, onlyWhenTried: true);
        yield return Changed("3000-inputs", "more than 2000 inputs", m =>
        {
            for (var i = 0; i < 3000; i++)
            {
                m.Graph.Input.Add(m.Graph.Input[0].Clone());
                m.Graph.Input[^1].Name = $"x{i}";
            }
        });
    }

    private static IEnumerable<HostileModel> Nesting()
    {
        yield return Changed("graphs-14-deep", "nested more than 12 deep", m => m.Graph.Node.Add(Nested(14)));
        yield return new("graphs-5000-deep", "nested more than 64 deep", () => Deep(5000, [7, 1, 5, 6], 1));
        yield return new("types-100000-deep", "nested more than 64 deep", () => Deep(100_000, [7, 11, 2, 4, 1], 3));
        yield return new("optional-types-100000-deep", "nested more than 64 deep", () => Deep(100_000, [7, 11, 2, 9, 1], 3));
    }

    private static IEnumerable<HostileModel> Functions()
    {
        yield return Changed("function-that-calls-itself", "calls itself", m => Calls(m, ("f0", ["f0"])));
        yield return Changed("functions-that-call-each-other", "calls itself", m => Calls(m, ("f0", ["f1"]), ("f1", ["f0"])));
        yield return Changed("functions-that-unfold-to-a-billion", "unfold to more than", m =>
            Calls(m, [.. Enumerable.Range(0, 30).Select(i => ($"f{i}", (string[])[$"f{i + 1}", $"f{i + 1}"])), ("f30", ["Relu"])]));
        yield return Changed("functions-70-deep", "too deeply", m => Calls(m, [.. Enumerable.Range(0, 70).Select(i => ($"f{i}", (string[])[$"f{i + 1}"])), ("f70", ["Relu"])]));
        yield return Changed("function-output-from-nowhere", "'o' of function 'f0' is not defined", m => Calls(m, ("f0", [])));
        yield return Changed("100000-functions", "more than 10000 functions", m => m.Functions.Add(Enumerable.Range(0, 100_000).Select(i => new FunctionProto { Name = $"f{i}", Domain = "f" })));
        yield return Changed("functions-of-one-name", "'f0' is there twice", m =>
        {
            Calls(m, [.. Enumerable.Range(0, 9000).Select(_ => ("f0", (string[])["Relu"]))]);
            m.Functions.Add(m.Functions[0].Clone());
        });
    }

    private static IEnumerable<HostileModel> Bombs()
    {
        yield return Bomb("constant-of-50-gigabytes", g => g.Node("ConstantOfShape", [g.Initializer("shape", [50_000L, 250_000L])]));
        yield return Bomb("expansion-to-50-gigabytes", g => g.Node("Expand", ["x", g.Initializer("shape", [50_000L, 250_000L])]));
        yield return Bomb("tiles-of-50-gigabytes", g => g.Node("Tile", ["x", g.Initializer("repeats", [50_000L, 250_000L])]));
        yield return Bomb("range-of-50-gigabytes", g => g.Node("Range", [g.Scalar("start", 0L), g.Scalar("limit", 12_500_000_000L), g.Scalar("step", 1L)]));
        yield return Bomb("range-without-step", g => g.Node("Range", [g.Scalar("start", 0L), g.Scalar("limit", 10L), g.Scalar("step", 0L)]));
        yield return Bomb("padding-of-50-gigabytes", g => g.Node("Pad", ["x", g.Initializer("pads", [50_000L, 0L, 0L, 1_250_000L])]));
        yield return Bomb("resize-to-50-gigabytes", g => g.Node("Resize", ["x", "", "", g.Initializer("sizes", [50_000L, 1_250_000L])]));
        yield return Bomb("resize-by-nan", g => g.Node("Resize", ["x", "", g.Initializer("scales", [1f, float.NaN])]));
        yield return Bomb("one-hot-of-50-gigabytes", g => g.Node("OneHot", [g.Initializer("indices", [1L]), g.Initializer("depth", [50_000_000_000L]), g.Initializer("values", [0f, 1f])]));
        yield return Bomb("noise-of-50-gigabytes", g => g.Node("RandomNormal", [], [Attr.Ints("shape", 50_000, 250_000)]));
        yield return Bomb("window-of-50-gigabytes", g => g.Node("HannWindow", [g.Scalar("size", 12_500_000_000L)]));
        yield return Bomb("product-of-two-lines", MatMul, "memory", onlyWhenTried: true);
        yield return Bomb("sum-of-a-line-and-a-column", Outer, "memory", onlyWhenTried: true);
        yield return Bomb("squares-of-squares", Doubling, "memory", onlyWhenTried: true);
        yield return Changed("endless-loop", "nothing in it can end it", m => AddLoop(m, long.MaxValue, _ => { }));
        yield return Changed("loops-in-loops", "runs 810001800000 nodes at least", m => AddLoop(m, 900_000, body => Inner(body, 900_000)));
        yield return Changed("loops-in-loops-in-loops", "nodes at least", m => AddLoop(m, 500, body => Inner(Inner(body, 500), 500, "j")));
        yield return Changed("many-loops", "a prediction of the model runs", ManyLoops);
        yield return Changed("loops-in-a-branch", "nodes at least", m => AddIf(m, "z", "x", branch => branch.Node.Add(EndlessLoop(branch))));
        yield return Changed("loops-in-functions", "nodes at least", LoopsInFunctions);
        yield return Changed("loop-of-reckoned-rounds", "runs 1000000000000 rounds", m => AddLoop(m, 1_000_000, _ => { }, Squared));
        yield return Changed("loop-whose-end-is-a-tautology", "nothing in it can end it", m => AddLoop(m, long.MaxValue, Tautology));
        yield return Bomb("scan-of-200-million", g => g.Node("Scan", [Line(g, 200_000_000)], [Attr.Int("num_scan_inputs", 1), Attr.Graph("body", ScanBody(g))]), "nodes at least");
        yield return Changed("loop-that-the-input-makes-endless", "how often its loops run is not fixed", m => AddLoop(m, 1_000_000_000_000, _ => { }, FromInput), onlyWhenTried: true);
        yield return Changed("loop-that-ends-when-numbers-do", "how often its loops run is not fixed", m => AddLoop(m, long.MaxValue, UntilInfinite), onlyWhenTried: true);
    }

    private static IEnumerable<HostileModel> Untypical()
    {
        yield return Changed("negative-kernel", "", m => Convolution(m, Attr.Ints("kernel_shape", -1, -1)), onlyWhenTried: true);
        yield return Changed("gather-outside", "", m =>
        {
            m.Graph.Node.Add(new NodeProto { OpType = "Gather", Input = { "w", "outside" }, Output = { "z" } });
            m.Graph.Node.Add(new NodeProto { OpType = "NoSuchOperator", Input = { "z" }, Output = { "zz" } });
            m.Graph.Initializer.Add(TensorProtos.Write(Tensor.FromInt64s("outside", [long.MinValue], 1)));
        }, onlyWhenTried: true);
    }

    /// <summary>y = max(0, x·[1,-2] + 0.5): the sound model that all others are made of.</summary>
    public static ModelProto Model()
    {
        var g = new GraphBuilder("sound");
        var x = g.Input("x", TensorDatatype.FP32, "N", 2);
        var product = g.Node("MatMul", [x, g.Initializer("w", [1f, -2f], 2, 1)], output: "product");
        var pre = g.Node("Add", [product, g.Initializer("b", [0.5f], 1)], output: "pre");
        g.Output("y", g.Node("Relu", [pre]), TensorDatatype.FP32, "N", 1);
        return g.Build();
    }

    private static byte[] Sound() => Model().ToByteArray();

    private static HostileModel Changed(string name, string reason, Action<ModelProto> change, bool onlyWhenTried = false) => new(name, reason, () =>
    {
        var model = Model();
        change(model);
        return model.ToByteArray();
    }, onlyWhenTried);

    private static HostileModel Bomb(string name, Func<GraphBuilder, string> node, string reason = "out of constants", bool onlyWhenTried = false) => new(name, reason, () =>
    {
        var g = new GraphBuilder("bomb");
        var x = g.Input("x", TensorDatatype.FP32, 1, 1);
        g.Output("y", g.Node("Add", [g.Node("ReduceMax", [g.Node("Cast", [node(g)], [Attr.Int("to", 1)])], [Attr.Int("keepdims", 0)]), x]), TensorDatatype.FP32);
        var model = g.Build();
        model.Graph.Output[0].Type.TensorType.Shape = null;
        return model.ToByteArray();
    }, onlyWhenTried);

    // 200,000 × 200,000 of single precision: 160 GB.
    private static string MatMul(GraphBuilder g) => g.Node("MatMul", [Line(g, 200_000, 1), Line(g, 1, 200_000)]);

    private static string Outer(GraphBuilder g) => g.Node("Add", [Line(g, 200_000, 1), Line(g, 1, 200_000)]);

    // Each step is twice as long as the one before, and none says how long.
    private static string Doubling(GraphBuilder g)
    {
        var line = g.Node("Reshape", ["x", g.Initializer("flat", [-1L])]);
        for (var i = 0; i < 40; i++)
            line = g.Node("Concat", [line, line], [Attr.Int("axis", 0)]);
        return line;
    }

    private static string Line(GraphBuilder g, long rows, long columns) =>
        g.Node("Add", [g.Node("ConstantOfShape", [g.Initializer("shape", [rows, columns])]), "x"]);

    private static void Chain(ModelProto model, int length)
    {
        model.Graph.Node.Clear();
        for (var i = 0; i < length; i++)
            model.Graph.Node.Add(new NodeProto { OpType = "Relu", Input = { i == 0 ? "x" : $"v{i - 1}" }, Output = { i == length - 1 ? "y" : $"v{i}" } });
    }

    private static NodeProto Take(Google.Protobuf.Collections.RepeatedField<NodeProto> nodes, int index)
    {
        var node = nodes[index];
        nodes.RemoveAt(index);
        return node;
    }

    private static void AddIf(ModelProto model, string output, string read, Action<GraphProto>? change = null)
    {
        var branch = new GraphProto { Name = "branch", Node = { new NodeProto { OpType = "Relu", Input = { read }, Output = { "inside" } } }, Output = { new ValueInfoProto { Name = "inside" } } };
        change?.Invoke(branch);
        model.Graph.Initializer.Add(TensorProtos.Write(Tensor.FromBools("flag", [true])));
        model.Graph.Node.Add(new NodeProto
            { OpType = "If", Input = { "flag" }, Output = { output }, Attribute = { Attr.Graph("then_branch", branch), Attr.Graph("else_branch", branch.Clone()) } });
    }

    // A loop whose body has another one, of so many rounds, before all else; the inner body.
    private static GraphProto Inner(GraphProto body, long rounds, string suffix = "i")
    {
        var inner = Loop(rounds, "inner" + suffix, body.Input[2].Name, suffix);
        body.Node.Insert(0, inner.Node);
        body.Initializer.Add(inner.Rounds);
        body.Node[1].Input[0] = "inner" + suffix;
        return inner.Node.Attribute[0].G;
    }

    private static void ManyLoops(ModelProto model)
    {
        for (var i = 0; i < 30; i++)
        {
            var loop = Loop(400_000, $"looped{i}", "x", $"_{i}");
            model.Graph.Initializer.Add(loop.Rounds);
            model.Graph.Node.Add(loop.Node);
        }
    }

    private static NodeProto EndlessLoop(GraphProto graph)
    {
        var loop = Loop(900_000, "looped", "x", "");
        graph.Initializer.Add(loop.Rounds);
        Inner(loop.Node.Attribute[0].G, 900_000);
        return loop.Node;
    }

    private static void LoopsInFunctions(ModelProto model)
    {
        Calls(model, ("f0", ["f1"]), ("f1", ["Relu"]));
        model.Functions[0].Node[0].OpType = "Relu";
        model.Functions[0].Node[0].Domain = "";
        foreach (var function in model.Functions)
        {
            var loop = Loop(4000, "looped", "i", "");
            function.Node.Insert(0, new NodeProto { OpType = "Constant", Output = { "rounds" }, Attribute = { Attr.Tensor("value", Tensor.FromInt64s("rounds", [4000])) } });
            function.Node.Insert(1, loop.Node);
            function.Node[^1].Input[0] = "looped";
        }

        // The first one's loop calls the second, whose loop is of the same length.
        var body = model.Functions[0].Node[1].Attribute[0].G;
        (body.Node[0].OpType, body.Node[0].Domain) = ("f1", "f");
    }

    private static NodeProto[] Squared(string rounds, string output) => [new() { OpType = "Mul", Input = { rounds, rounds }, Output = { output } }];

    // As many rounds as given, and one for each number that comes in.
    private static NodeProto[] FromInput(string rounds, string output) =>
    [
        new() { OpType = "Size", Input = { "x" }, Output = { "size" } },
        new() { OpType = "Add", Input = { "size", rounds }, Output = { output } },
    ];

    private static void Tautology(GraphProto body)
    {
        body.Node[1] = new NodeProto { OpType = "Or", Input = { body.Input[1].Name, body.Input[1].Name }, Output = { body.Node[1].Output[0] } };
    }

    // -x, x, -x, … is never infinite.
    private static void UntilInfinite(GraphProto body)
    {
        body.Node[1] = new NodeProto { OpType = "Not", Input = { "infinite" }, Output = { body.Node[1].Output[0] } };
        body.Node.Insert(1, new NodeProto { OpType = "IsInf", Input = { "largest" }, Output = { "infinite" } });
        body.Node.Insert(1, new NodeProto { OpType = "ReduceMax", Input = { body.Input[2].Name }, Output = { "largest" }, Attribute = { Attr.Int("keepdims", 0) } });
    }

    private static GraphProto ScanBody(GraphBuilder g)
    {
        var body = g.Subgraph("scanned");
        body.Output(body.Node("Neg", [body.Input("element", TensorDatatype.FP32)]), TensorDatatype.FP32);
        return body.BuildGraph();
    }

    private static string Line(GraphBuilder g, long length) => g.Node("ConstantOfShape", [g.Initializer("length", [length])]);

    private static void AddLoop(ModelProto model, long rounds, Action<GraphProto> change, Func<string, string, NodeProto[]>? reckon = null)
    {
        var loop = Loop(rounds, "looped", "x", "");
        model.Graph.Initializer.Add(loop.Rounds);
        change(loop.Node.Attribute[0].G);
        model.Graph.Node.Add(loop.Node);
        model.Graph.Node[0].Input[0] = "looped";
        (model.Graph.Node[0], model.Graph.Node[^1]) = (model.Graph.Node[^1], model.Graph.Node[0]);
        // The loop first, then the sound rest in its order.
        var rest = model.Graph.Node.Skip(1).OrderBy(n => n.OpType switch { "MatMul" => 0, "Add" => 1, _ => 2 }).ToArray();
        while (model.Graph.Node.Count > 1)
            model.Graph.Node.RemoveAt(1);
        model.Graph.Node.Add(rest);
        foreach (var node in reckon?.Invoke(loop.Node.Input[0], "reckoned").Reverse() ?? [])
        {
            model.Graph.Node.Insert(0, node);
            loop.Node.Input[0] = "reckoned";
        }
    }

    // for (i < rounds) value = value + value, whatever happens.
    private static (NodeProto Node, TensorProto Rounds) Loop(long rounds, string output, string start, string suffix)
    {
        var body = new GraphProto
        {
            Name = "body" + suffix,
            Input = { Scalar("round" + suffix, DataType.Int64), Scalar("go" + suffix, DataType.Bool), new ValueInfoProto { Name = "carried" + suffix, Type = Type(DataType.Float) } },
            Node =
            {
                new NodeProto { OpType = "Neg", Input = { "carried" + suffix }, Output = { "next" + suffix } },
                new NodeProto { OpType = "Identity", Input = { "go" + suffix }, Output = { "on" + suffix } },
            },
            Output = { Scalar("on" + suffix, DataType.Bool), new ValueInfoProto { Name = "next" + suffix, Type = Type(DataType.Float) } },
        };
        var node = new NodeProto { OpType = "Loop", Name = output, Input = { "rounds" + suffix, "", start }, Output = { output }, Attribute = { Attr.Graph("body", body) } };
        return (node, TensorProtos.Write(Tensor.FromInt64s("rounds" + suffix, [rounds])));
    }

    private static ValueInfoProto Scalar(string name, DataType type)
    {
        var value = new ValueInfoProto { Name = name, Type = Type(type) };
        value.Type.TensorType.Shape = new TensorShapeProto();
        return value;
    }

    private static TypeProto Type(DataType type) => new() { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type } };

    private static SparseTensorProto Sparse(long length) => new()
    {
        Values = TensorProtos.Write(Tensor.FromFloats("s", [1f], 1)), Indices = TensorProtos.Write(Tensor.FromInt64s("i", [0], 1)), Dims = { length },
    };

    private static TensorProto Elsewhere() => new()
    {
        Name = "elsewhere", DataType = (int)DataType.Float, Dims = { 1 }, DataLocation = TensorProto.Types.DataLocation.External,
        ExternalData = { new StringStringEntryProto { Key = "location", Value = "/proc/self/environ" } },
    };

    private static NodeProto Gemm(params AttributeProto[] attributes) => new() { OpType = "Gemm", Name = "gemm", Input = { "x", "w" }, Output = { "g" }, Attribute = { attributes } };

    private static void Convolution(ModelProto model, AttributeProto attribute)
    {
        model.Graph.Initializer.Add(TensorProtos.Write(Tensor.FromFloats("image", new float[16], 1, 1, 4, 4)));
        model.Graph.Initializer.Add(TensorProtos.Write(Tensor.FromFloats("kernel", new float[9], 1, 1, 3, 3)));
        model.Graph.Node.Add(new NodeProto { OpType = "Conv", Input = { "image", "kernel" }, Output = { "convolved" }, Attribute = { attribute } });
        model.Graph.Output.Add(new ValueInfoProto { Name = "convolved", Type = Type(DataType.Float) });
    }

    private static void Complex(ModelProto model)
    {
        model.Graph.Input[0].Type.TensorType.ElemType = (int)DataType.Complex64;
        model.Graph.Node.Clear();
        model.Graph.Node.Add(new NodeProto { OpType = "Identity", Input = { "x" }, Output = { "y" } });
        model.Graph.Output[0].Type = null;
    }

    private static NodeProto Nested(int depth)
    {
        var inner = new GraphProto { Name = "g" };
        for (var i = 0; i < depth; i++)
            inner = new GraphProto { Name = "g", Node = { new NodeProto { OpType = "If", Attribute = { Attr.Graph("then_branch", inner) } } } };
        return new NodeProto { OpType = "If", Input = { "x" }, Output = { "deep" }, Attribute = { Attr.Graph("then_branch", inner) } };
    }

    private static void Calls(ModelProto model, params (string Name, string[] Calls)[] functions)
    {
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "f", Version = 1 });
        foreach (var (name, calls) in functions)
        {
            var function = new FunctionProto
            {
                Name = name, Domain = "f", Input = { "i" }, Output = { "o" },
                OpsetImport = { new OperatorSetIdProto { Domain = "f", Version = 1 }, new OperatorSetIdProto { Domain = "", Version = 17 } },
            };
            foreach (var (i, call) in calls.Index())
                function.Node.Add(new NodeProto { OpType = call, Domain = call == "Relu" ? "" : "f", Input = { "i" }, Output = { i == 0 ? "o" : $"o{i}" } });
            model.Functions.Add(function);
        }

        (model.Graph.Node[2].OpType, model.Graph.Node[2].Domain) = ("f0", "f");
    }

    // A message within a message within …: the fields are taken in turn, and after the last one from the given place.
    private static byte[] Deep(int depth, int[] fields, int again)
    {
        var path = new List<int>();
        for (var i = 0; path.Count < depth;)
        {
            path.Add(fields[i]);
            i = i + 1 < fields.Length ? i + 1 : again;
        }

        // From the inside out; the lengths grow by what their own numbers take.
        var heads = new List<byte[]>();
        long length = 0;
        for (var i = path.Count - 1; i >= 0; i--)
        {
            var head = Wire(w => w.Head(path[i], length));
            heads.Add(head);
            length += head.Length;
        }

        heads.Reverse();
        return [.. heads.SelectMany(h => h)];
    }

    // A sound protobuf file whose fifth to eighth bytes are the mark of the runtime's own format.
    private static byte[] Polyglot()
    {
        var model = Model();
        model.Graph.Node[0].OpType = "NoSuchOperator";
        var rest = model.ToByteArray();
        return [0x12, 0x10, 0x20, 0x20, (byte)'O', (byte)'R', (byte)'T', (byte)'M', .. Encoding.ASCII.GetBytes("ORTMORTMOR"), .. rest];
    }

    private static byte[] Zip(byte[] bytes)
    {
        using var result = new MemoryStream();
        using (var gzip = new GZipStream(result, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(bytes);
        return result.ToArray();
    }

    private static byte[] Wire(Action<ProtobufWriter> write)
    {
        var writer = new ProtobufWriter();
        write(writer);
        return writer.ToArray();
    }
}
