using Iml4e.Inference;
using Iml4e.Inference.Gradients;
using Iml4e.Inference.Gradients.Optimizers;
using Iml4e.Learning.Networks;
using Xunit.Abstractions;

namespace Iml4e.Tests.Unit.Learning.Networks;

/// <summary>Managed memory that a step takes once everything is bound.</summary>
public sealed class StepMemoryTests(ITestOutputHelper log)
{
    private const int WarmUp = 12;
    private const int Steps = 40;
    private const long Most = 1024;

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(true, 3)]
    public void A_step_of_training_takes_at_most_a_kilobyte(bool host, int accumulate)
    {
        var options = new NetworkTrainingOptions
        {
            BatchSize = 8, Threads = 1, HostUpdate = host, Accumulate = accumulate, Augmentation = new Augmentation { Shift = 1, Noise = 0.1 },
            Optimizer = new OptimizerSpec { Kind = OptimizerKind.AdamW, ClipNorm = 1, AverageDecay = 0.9 },
            Adversarial = new AdversarialTraining { Epsilon = 0.1, Steps = 2 },
        };
        var examples = Images(32);
        var network = Architectures.Convolutional([1, 8, 8], [4, 8], 3, BlockKind.Residual, dropout: 0.2, seed: 1);
        var builder = new StepperBuilder(network, examples, options);
        using var stepper = builder.Build();
        using var attack = builder.BuildAttack(stepper)!;
        var loader = new BatchLoader(examples, options.BatchSize, 1, options.Augmentation);
        var step = 0L;
        Check(i =>
        {
            loader.Load(i / loader.Count, i % loader.Count, stepper.Batches[i % 2]);
            attack.Replace(i % 2, i, CancellationToken.None);
            step += stepper.Step(i % 2, 1e-3, step + 1, last: false, CancellationToken.None).Stepped ? 1 : 0;
        });
        Assert.Equal((WarmUp + Steps) / accumulate, step);
    }

    [Fact]
    public void A_gradient_of_the_input_takes_at_most_a_kilobyte()
    {
        var network = Architectures.Convolutional([1, 8, 8], [4, 8], 3, BlockKind.Residual, seed: 1);
        var model = GradientGraphBuilder.Build(network, new GradientRequest { Wrt = ["input"], KeepForwardOutputs = false });
        using var session = ModelSession.Load(model.Model);
        using var x = new TensorBuffer(TensorDatatype.FP32, 8, 1, 8, 8);
        using var seed = new TensorBuffer(TensorDatatype.FP32, 8, 3);
        using var gradient = new TensorBuffer(TensorDatatype.FP32, 8, 1, 8, 8);
        var inputs = new Dictionary<string, TensorBuffer> { ["input"] = x, [model.SeedInputs[0]] = seed };
        using var run = session.Bind(inputs, new Dictionary<string, TensorBuffer> { ["grad_input"] = gradient });
        Check(_ => run.Run());
    }

    private void Check(Action<int> step)
    {
        for (var i = 0; i < WarmUp; i++)
            step(i);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = WarmUp; i < WarmUp + Steps; i++)
            step(i);
        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / Steps;
        log.WriteLine($"{each} bytes a step");
        Assert.True(each <= Most, $"{each} bytes a step");
    }

    private static Examples Images(int count)
    {
        var random = new Random(2);
        return Examples.OfClasses(
            [.. Enumerable.Range(0, count * 64).Select(_ => (float)random.NextDouble())], [1, 8, 8], [.. Enumerable.Range(0, count).Select(i => i % 3L)], 3);
    }
}
