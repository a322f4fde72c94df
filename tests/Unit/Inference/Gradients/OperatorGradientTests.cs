using FsCheck;
using FsCheck.Fluent;
using Iml4e.Inference;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Unit.Inference.Gradients;

/// <summary>The rule of every operator, on shapes and attributes drawn at random.</summary>
public sealed class OperatorGradientTests
{
    private const int CasesAnOperator = 6;
    private const int AdjointCases = 20;
    private const double SingleTolerance = 1e-3;
    private const double DoubleTolerance = 1e-7;

    // The runtime's own definitions of these hold constants in single precision.
    private const double CoarseTolerance = 5e-7;
    private static readonly string[] Coarse = ["HardSwish", "HardSigmoid", "com.microsoft.FastGelu", "com.microsoft.Gelu", "com.microsoft.QuickGelu"];
    private const double AdjointTolerance = 1e-5;

    public static TheoryData<string> Operators => [.. OperatorCases.All.Keys];

    public static TheoryData<string> LinearOperators => [.. OperatorCases.Linear];

    [Theory]
    [MemberData(nameof(Operators))]
    public void Gradients_agree_with_central_differences(string op) => Each(CasesAnOperator, seed =>
    {
        var random = new Random(seed);
        var given = OperatorCases.All[op](random);
        var model = given.Model();
        var request = new GradientRequest { Wrt = [.. given.Wrt], SeedTensors = ["y"] };
        var built = GradientGraphBuilder.Build(model, request);
        using var single = ModelSession.Load(built.Model, Numeric.Plain);
        var shape = OutputShape(single, given);
        var cotangent = Numeric.Between(random, -1, 1, "dY_y", shape);
        if (single.Metadata.Input("dY_y")!.Datatype == TensorDatatype.FP64)
            cotangent = Double(cotangent);
        var results = single.Run([.. given.Fed, cotangent]).ToDictionary(t => t.Name, StringComparer.Ordinal);

        using var precise = TryDouble(model, request);
        foreach (var name in given.Wrt)
        {
            var gradient = results["grad_" + name].ToDoubles();
            if (precise is not null)
            {
                var exact = precise.Run([.. given.Fed.Select(Double), Double(cotangent)], ["grad_" + name])[0].ToDoubles();
                if (precise.Metadata.Input(name) is not null)
                {
                    var differences = Differences(precise, [.. given.Fed.Select(Double)], Double(cotangent), name, 1e-5);
                    Agree(differences, exact, Coarse.Contains(op) ? CoarseTolerance : DoubleTolerance, $"{op} by {name}, double, seed {seed}");
                }

                Agree(exact, gradient, 1e-5, $"{op} by {name}, single against double, seed {seed}");
            }

            if (single.Metadata.Input(name) is not null)
                Agree(Differences(single, [.. given.Fed], cotangent, name, 5e-3), gradient, SingleTolerance, $"{op} by {name}, single, seed {seed}");
            else
                Agree(WeightDifferences(model, given, cotangent, name), gradient, SingleTolerance, $"{op} by weight {name}, seed {seed}");
        }
    });

    [Theory]
    [MemberData(nameof(LinearOperators))]
    public void Gradients_of_linear_operators_are_their_adjoints(string op) => Each(AdjointCases, seed =>
    {
        var random = new Random(seed);
        var given = op switch
        {
            "Conv" => OperatorCases.Conv(random, weight: false),
            "ConvTranspose" => OperatorCases.ConvTranspose(random, weight: false),
            _ => OperatorCases.All[op](random),
        };
        var model = GradientGraphBuilder.Build(given.Model(), new GradientRequest { Wrt = [.. given.Wrt], SeedTensors = ["y"] });
        using var session = ModelSession.Load(model.Model, Numeric.Plain);
        var cotangent = Numeric.Between(random, -1, 1, "dY_y", OutputShape(session, given));
        var results = session.Run([.. given.Fed, cotangent]).ToDictionary(t => t.Name, StringComparer.Ordinal);
        var forward = Numeric.Dot(results["y"].ToDoubles(), cotangent.ToDoubles());
        var back = given.Wrt.Sum(w => Numeric.Dot(results["grad_" + w].ToDoubles(), given.Fed.First(f => f.Name == w).ToDoubles()));
        var scale = Numeric.Norm(results["y"].ToDoubles()) * Numeric.Norm(cotangent.ToDoubles())
            + given.Wrt.Sum(w => Numeric.Norm(results["grad_" + w].ToDoubles()) * Numeric.Norm(given.Fed.First(f => f.Name == w).ToDoubles()));
        Assert.True(Math.Abs(forward - back) <= AdjointTolerance * scale, $"{op}, seed {seed}: <Au,v> = {forward:R}, <u,A'v> = {back:R}");
    });

    [Fact]
    public void Every_operator_with_a_rule_is_tested()
    {
        string[] elsewhere =
        [
            "CastLike", "QuantizeLinear", "DequantizeLinear", "SoftmaxCrossEntropyLoss", "NegativeLogLikelihoodLoss", "RMSNormalization",
            "com.microsoft.SimplifiedLayerNormalization",
        ];
        Assert.Empty(GradientGraphBuilder.Operators.Except(OperatorCases.All.Keys).Except(elsewhere));
        Assert.True(GradientGraphBuilder.Operators.Count >= 55);
    }

    // The same cases every time: what is drawn must not decide whether the build is green.
    private static void Each(int count, Action<int> test) => Prop.ForAll(Gen.Choose(0, 1_000_000).ToArbitrary(), test)
        .Check(Config.QuickThrowOnFailure.WithMaxTest(count).WithReplay(20261122, 7));

    private static long[] OutputShape(ModelSession session, OpCase given)
    {
        var declared = session.Metadata.Input("dY_y")!;
        if (!declared.AnyRank && declared.Shape.All(d => d >= 0))
            return declared.Shape;
        using var forward = ModelSession.Load(given.Model(), Numeric.Plain);
        return forward.Run(given.Fed, ["y"])[0].Shape;
    }

    private static ModelSession? TryDouble(ModelProto model, GradientRequest request)
    {
        try
        {
            return ModelSession.Load(GradientGraphBuilder.Build(model, request with { Precision = GradPrecision.Float64 }).Model, Numeric.Plain);
        }
        catch (InvalidModelException)
        {
            // In single precision it was built: there is no such kernel in double.
            return null;
        }
    }

    private static Tensor Double(Tensor tensor) => tensor.Datatype == TensorDatatype.FP32
        ? Tensor.FromDoubles(tensor.Name, tensor.ToDoubles(), tensor.Shape)
        : tensor;

    private static double[] Differences(ModelSession session, Tensor[] fed, Tensor cotangent, string name, double step)
    {
        var index = Array.FindIndex(fed, f => f.Name == name);
        var seed = cotangent.ToDoubles();
        var x = fed[index];
        var values = x.ToDoubles();
        var result = new double[values.Length];
        var inputs = fed.Append(cotangent).ToArray();
        for (var i = 0; i < values.Length; i++)
        {
            double At(double value)
            {
                var changed = values.ToArray();
                changed[i] = value;
                inputs[index] = x.Datatype == TensorDatatype.FP64
                    ? Tensor.FromDoubles(name, changed, x.Shape) : Tensor.FromFloats(name, Array.ConvertAll(changed, v => (float)v), x.Shape);
                return Numeric.Dot(session.Run(inputs, ["y"])[0].ToDoubles(), seed);
            }

            var (up, down) = x.Datatype == TensorDatatype.FP64 ? (values[i] + step, values[i] - step) : ((float)(values[i] + step), (float)(values[i] - step));
            result[i] = (At(up) - At(down)) / (up - down);
        }

        return result;
    }

    private static double[] WeightDifferences(ModelProto model, OpCase given, Tensor cotangent, string name)
    {
        // The stored tensor becomes an input, so that one session serves all differences.
        var open = model.Clone();
        var stored = open.Graph.Initializer.First(i => i.Name == name);
        open.Graph.Initializer.Remove(stored);
        var weight = TensorProtos.Read(stored);
        var shape = new TensorShapeProto();
        shape.Dim.AddRange(weight.Shape.Select(d => new Dim(d).ToProto()));
        open.Graph.Input.Add(new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new() { ElemType = stored.DataType, Shape = shape } } });
        using var session = ModelSession.Load(open, Numeric.Plain);
        var fed = given.Fed.Append(weight).ToArray();
        var seed = cotangent.ToDoubles();
        var values = weight.ToDoubles();
        return [.. Enumerable.Range(0, values.Length).Select(i =>
        {
            double At(float value)
            {
                var changed = Array.ConvertAll(values, v => (float)v);
                changed[i] = value;
                fed[^1] = Tensor.FromFloats(name, changed, weight.Shape);
                return Numeric.Dot(session.Run(fed, ["y"])[0].ToDoubles(), seed);
            }

            var (up, down) = ((float)(values[i] + 5e-3), (float)(values[i] - 5e-3));
            return (At(up) - At(down)) / (up - down);
        })];
    }

    private static void Agree(double[] expected, double[] actual, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        var scale = Math.Max(expected.Length == 0 ? 0 : expected.Max(Math.Abs), 1e-2);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * scale, $"{what}: [{i}] is {actual[i]:R}, should be {expected[i]:R}");
    }
}
