using Iml4e.Inference;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Gradients.Optimizers;
using Iml4e.Inference.Onnx;

namespace Iml4e.Tests.Unit.Inference.Gradients;

public sealed class OptimizerGraphTests
{
    // The vectors have six digits.
    private const double Tolerance = 1e-6;

    public static TheoryData<string> Names => [.. OptimizerVectors.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void V15_steps(string name)
    {
        var (spec, rate, expected) = OptimizerVectors.All[name];
        using var steps = new Steps(spec, 2);
        for (var i = 0; i < expected.Length; i++)
        {
            var p = steps.Take(OptimizerVectors.Gradients[i], rate);
            Assert.Equal(expected[i][0], p[0], Tolerance);
            Assert.Equal(expected[i][1], p[1], Tolerance);
        }
    }

    [Fact]
    public void V15_clipping_takes_all_gradients_together()
    {
        var update = OptimizerGraphBuilder.Build([("a", [2]), ("b", [1])], new OptimizerSpec { Kind = OptimizerKind.Sgd, ClipNorm = 1 });
        using var session = ModelSession.Load(update.Model);
        var results = session.Run(
            [
                Tensor.FromFloats("a", [0, 0], 2), Tensor.FromFloats("b", [0], 1), Tensor.FromFloats("grad_a", [3, 4], 2), Tensor.FromFloats("grad_b", [12], 1),
                Tensor.FromFloats("lr", [1]),
            ],
            ["new_a", "new_b", "grad_norm"]);
        Assert.Equal(-.230769, results[0].ToDoubles()[0], Tolerance);
        Assert.Equal(-.307692, results[0].ToDoubles()[1], Tolerance);
        Assert.Equal(-.923077, results[1].ToDoubles()[0], Tolerance);
        Assert.Equal(13, results[2].ToDoubles()[0], 1e-5);
    }

    [Fact]
    public void Dampening_spares_the_first_step()
    {
        using var steps = new Steps(new OptimizerSpec { Kind = OptimizerKind.Sgd, Momentum = .5, Dampening = .5 }, 2);
        // v: g, then half of that and half of the next.
        Assert.Equal(1 - .1 * .5, steps.Take([.5f, 0], .1)[0], Tolerance);
        Assert.Equal(.95 - .1 * (.25 + .5), steps.Take([1, 0], .1)[0], Tolerance);
    }

    [Fact]
    public void The_average_of_parameters_follows_them()
    {
        using var steps = new Steps(new OptimizerSpec { Kind = OptimizerKind.Sgd, AverageDecay = .5 }, 2);
        steps.State["p/average"] = Tensor.FromFloats("p/average", OptimizerVectors.Start, 2);
        steps.Take([.5f, -1], 1);
        Assert.Equal([.75, -1.5], steps.State["p/average"].ToDoubles());
    }

    [Fact]
    public void Gradients_added_up_are_divided_by_their_number()
    {
        using var steps = new Steps(new OptimizerSpec { Kind = OptimizerKind.Sgd }, 2, batches: 4);
        Assert.Equal([.5, -2], steps.Take([2, 0], 1));
    }

    [Fact]
    public void A_gradient_that_is_no_number_shows_in_the_norm()
    {
        using var steps = new Steps(new OptimizerSpec { Kind = OptimizerKind.Adam }, 2);
        steps.Take([float.NaN, 1], .1);
        Assert.True(double.IsNaN(steps.Norm));
        steps.Take([float.PositiveInfinity, 1], .1);
        Assert.False(double.IsFinite(steps.Norm));
    }

    [Fact]
    public void A_training_graph_takes_the_step_itself()
    {
        var g = new GraphBuilder(opset: 18);
        var x = g.Input("x", TensorDatatype.FP32, 2, 1);
        g.Output("y", g.Node("MatMul", [x, g.Initializer("w", [3f], 1, 1)]), TensorDatatype.FP32, 2, 1);
        var model = GradientGraphBuilder.Build(g.Build(), new GradientRequest
        {
            Wrt = ["w"], Seed = SeedMode.Loss, TrainingMode = true, KeepForwardOutputs = false, Optimizer = new OptimizerSpec { Kind = OptimizerKind.Sgd },
            Loss = new LossSpec { Kind = LossKind.MeanSquaredError, SampleWeightInput = "weights" },
        });
        Assert.Empty(model.GradOutputs);
        var update = Assert.Single(model.Step!.Updates);
        // Errors 1 and 100, of which only the first counts: dw = 2·1·1.
        var results = Numeric.Run(
            model, Tensor.FromFloats("x", [1, 10], 2, 1), Tensor.FromFloats("labels", [2, -70], 2, 1), Tensor.FromFloats("weights", [1, 0], 2),
            model.Parameters[0], Tensor.FromFloats(model.Step.RateInput, [.25f]));
        Assert.Equal(2.5, results[update.Updated].ToDoubles()[0], Tolerance);
        Assert.Equal(1, results["loss"].ToDoubles()[0], Tolerance);
        Assert.Equal(2, results[model.Step.NormOutput].ToDoubles()[0], Tolerance);
    }

    [Fact]
    public void Gradients_are_added_to_those_of_earlier_batches()
    {
        var g = new GraphBuilder(opset: 18);
        var x = g.Input("x", TensorDatatype.FP32, 1);
        g.Output("y", g.Node("Mul", [x, g.Initializer("w", [3f], 1)]), TensorDatatype.FP32, 1);
        var model = GradientGraphBuilder.Build(g.Build(), new GradientRequest { Wrt = ["w"], TrainingMode = true, Accumulate = true });
        var sum = Assert.Single(model.SumInputs);
        var results = Numeric.Run(
            model, Tensor.FromFloats("x", [5], 1), Tensor.FromFloats("dY_y", [1], 1), model.Parameters[0], Tensor.FromFloats(sum, [100], 1));
        Assert.Equal(105, results["grad_w"].ToDoubles()[0]);
    }

    [Fact]
    public void Constants_that_make_no_sense_are_refused()
    {
        string Field(OptimizerSpec spec) => Assert.Throws<GradientRequestException>(() => OptimizerGraphBuilder.Build([("p", [1])], spec)).Field;
        Assert.Equal("optimizer.momentum", Field(new OptimizerSpec { Kind = OptimizerKind.Sgd, Momentum = 1 }));
        Assert.Equal("optimizer.nesterov", Field(new OptimizerSpec { Kind = OptimizerKind.Sgd, Nesterov = true }));
        Assert.Equal("optimizer.beta2", Field(new OptimizerSpec { Kind = OptimizerKind.Adam, Beta2 = double.NaN }));
        Assert.Equal("optimizer.epsilon", Field(new OptimizerSpec { Kind = OptimizerKind.Adam, Epsilon = 0 }));
        Assert.Equal("optimizer.clipNorm", Field(new OptimizerSpec { Kind = OptimizerKind.Adam, ClipNorm = 0 }));
    }

    /// <summary>Steps of one parameter p, from the vectors' start.</summary>
    private sealed class Steps : IDisposable
    {
        private readonly UpdateModel _update;
        private readonly ModelSession _session;
        private Tensor _p;
        private int _step;

        internal Steps(OptimizerSpec spec, int size, int batches = 1)
        {
            _update = OptimizerGraphBuilder.Build([("p", [size])], spec, batches);
            _session = ModelSession.Load(_update.Model);
            _p = Tensor.FromFloats("p", OptimizerVectors.Start, size);
            foreach (var state in _update.Step.Updates[0].States)
                State[state.Name] = Tensor.FromFloats(state.Name, new float[size], size);
        }

        internal Dictionary<string, Tensor> State { get; } = [];

        internal double Norm { get; private set; }

        internal double[] Take(float[] gradient, double rate)
        {
            List<Tensor> inputs = [_p, .. State.Values, Tensor.FromFloats(_update.GradientInputs[0], gradient, gradient.Length)];
            inputs.Add(Tensor.FromFloats(_update.Step.RateInput, [(float)rate]));
            if (_update.Step.StepInput is { } step)
                inputs.Add(Tensor.FromFloats(step, [++_step]));
            var results = _session.Run(inputs).ToDictionary(r => r.Name);
            _p = results[_update.Step.Updates[0].Updated].WithName("p");
            Norm = results[_update.Step.NormOutput].ToDoubles()[0];
            foreach (var state in _update.Step.Updates[0].States)
                State[state.Name] = results[state.Updated].WithName(state.Name);
            return _p.ToDoubles();
        }

        public void Dispose() => _session.Dispose();
    }
}
