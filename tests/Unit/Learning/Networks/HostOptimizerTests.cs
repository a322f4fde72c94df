using Iml4e.Inference;
using Iml4e.Inference.Gradients.Optimizers;
using Iml4e.Learning.Networks;
using Iml4e.Tests.Unit.Inference.Gradients;

namespace Iml4e.Tests.Unit.Learning.Networks;

public sealed class HostOptimizerTests
{
    private const double Tolerance = 1e-6;

    public static TheoryData<string> Names => [.. OptimizerVectors.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void V15_steps(string name)
    {
        var (spec, rate, expected) = OptimizerVectors.All[name];
        var (optimizer, p) = (new HostOptimizer(spec), OptimizerVectors.Start.ToArray());
        var slots = spec.Slots.Select(_ => new TensorBuffer(TensorDatatype.FP32, 2)).ToList();
        for (var i = 0; i < expected.Length; i++)
        {
            optimizer.Step(p, OptimizerVectors.Gradients[i], 1, slots, rate, i + 1);
            Assert.Equal(expected[i][0], p[0], Tolerance);
            Assert.Equal(expected[i][1], p[1], Tolerance);
        }

        slots.ForEach(s => s.Dispose());
    }

    [Fact]
    public void V15_clipping_takes_all_gradients_together()
    {
        var optimizer = new HostOptimizer(new OptimizerSpec { Kind = OptimizerKind.Sgd, ClipNorm = 1 });
        var (a, b) = (new float[2], new float[1]);
        optimizer.Step(a, [3, 4], optimizer.Clip(13), [], 1, 1);
        optimizer.Step(b, [12], optimizer.Clip(13), [], 1, 1);
        Assert.Equal(-.230769, a[0], Tolerance);
        Assert.Equal(-.307692, a[1], Tolerance);
        Assert.Equal(-.923077, b[0], Tolerance);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Large_parameters_go_as_in_the_graph(string name)
    {
        const int Size = 5_003;
        var (given, rate, _) = OptimizerVectors.All[name];
        var spec = given with { AverageDecay = 0.9, ClipNorm = 2 };
        var random = new Random(8);
        float[] Draw() => [.. Enumerable.Range(0, Size).Select(_ => (float)(random.NextDouble() - 0.5))];
        var (p, optimizer) = (Draw(), new HostOptimizer(spec));
        var update = OptimizerGraphBuilder.Build([("p", [Size])], spec);
        using var session = ModelSession.Load(update.Model);
        var slots = spec.Slots.Select(_ => new TensorBuffer(TensorDatatype.FP32, Size)).ToList();
        p.CopyTo(slots[^1].Span<float>());
        var values = update.Step.Updates[0].States.Select((s, i) => slots[i].ToTensor(s.Name)).Append(Tensor.FromFloats("p", p, Size)).ToList();
        for (var step = 1; step <= 4; step++)
        {
            var gradient = Draw();
            List<Tensor> inputs = [.. values, Tensor.FromFloats("grad_p", gradient, Size), Tensor.FromFloats(update.Step.RateInput, [(float)rate])];
            if (update.Step.StepInput is { } number)
                inputs.Add(Tensor.FromFloats(number, [step]));
            var results = session.Run(inputs).ToDictionary(r => r.Name);
            values = [.. update.Step.Updates[0].States.Select(s => results[s.Updated].WithName(s.Name)), results[update.Step.Updates[0].Updated].WithName("p")];
            optimizer.Step(p, gradient, optimizer.Clip(results[update.Step.NormOutput].ToDoubles()[0]), slots, rate, step);
        }

        var expected = values[^1].ToDoubles();
        for (var i = 0; i < Size; i++)
            Assert.Equal(expected[i], p[i], Tolerance);
        slots.ForEach(s => s.Dispose());
    }
}
