using System.Globalization;
using Iml4e.Assessment.Adversarial.Attacks;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Samples;
using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Tests.Unit.Assessment.Adversarial;

public sealed class AttackPropertyTests
{
    private const int Cases = 1_000;

    // Four classes, so that every loss is defined.
    private static readonly byte[] Model = Network();

    [Theory]
    [InlineData(PerturbationNorm.Linf)]
    [InlineData(PerturbationNorm.L2)]
    [InlineData(PerturbationNorm.L1)]
    public void Every_result_lies_in_the_ball_and_the_range(PerturbationNorm norm)
    {
        const int InBatch = 100;
        using var classifier = SmallModels.Load(Model, 64);
        for (var start = 0; start < Cases; start += InBatch)
        {
            var random = new SampleRandom((ulong)start, (int)norm);
            var radius = random.NextFloat(0.001f, norm == PerturbationNorm.Linf ? 0.5f : 1.5f);
            var (batch, labels) = Draw(InBatch, start, ref random);
            foreach (var (name, attack) in Attacks.Bounded(norm, radius))
            {
                var outcome = attack.Run(new ClassifierSubject(classifier, labels), batch, CancellationToken.None);
                for (var i = 0; i < InBatch; i++)
                {
                    var size = PerturbationBall.Measure(norm, batch.Image(i), outcome.Image(i));
                    Assert.True(size <= radius + 1e-6, $"{name}: {size} exceeds {radius}");
                    AssertInRange(name, outcome.Image(i));
                }
            }
        }
    }

    [Theory]
    [InlineData(PerturbationNorm.Linf)]
    [InlineData(PerturbationNorm.L2)]
    [InlineData(PerturbationNorm.L1)]
    public void Files_of_8_bits_keep_to_the_ball(PerturbationNorm norm)
    {
        for (var n = 0; n < Cases; n++)
        {
            var random = new SampleRandom((ulong)n, (int)norm);
            var (clean, attacked) = (new float[40], new float[40]);
            // Clean images of 8 bits, and such as were resized.
            for (var j = 0; j < clean.Length; j++)
                clean[j] = n % 2 == 0 ? random.Next(256) / 255f : random.NextFloat(0, 1);
            var ball = new PerturbationBall(norm, random.NextFloat(0.001f, norm == PerturbationNorm.Linf ? 0.1f : 1));
            ball.Start(clean, attacked, [], ref random);
            var rounded = EightBits.Round(clean, attacked, ball);
            var size = ball.Measure(clean, rounded);
            Assert.True(size <= ball.Radius + 1e-6, $"case {n}: {size} exceeds {ball.Radius}");
            AssertInRange("8 bits", rounded);
            for (var j = 0; j < clean.Length; j++)
                Assert.True(rounded[j] == clean[j] || Math.Abs(rounded[j] * 255 - MathF.Round(rounded[j] * 255)) < 1e-3);
        }
    }

    [Fact]
    public void Attacks_without_a_bound_stay_in_the_range()
    {
        using var classifier = SmallModels.Load(Model, 64);
        var random = new SampleRandom(3);
        var (batch, labels) = Draw(20, 0, ref random);
        foreach (var (name, attack) in Attacks.Minimal())
        {
            var outcome = attack.Run(new ClassifierSubject(classifier, labels), batch, CancellationToken.None);
            for (var i = 0; i < batch.Count; i++)
                AssertInRange(name, outcome.Image(i));
            var said = classifier.Classify(outcome.Images);
            for (var i = 0; i < batch.Count; i++)
                Assert.True(outcome.Fooled[i] == (said[i] != labels[i]), $"{name}: what it says of image {i} is not so");
        }
    }

    [Fact]
    public void A_sample_comes_out_the_same_alone_and_in_company()
    {
        using var classifier = SmallModels.Load(Model, 4);
        var random = new SampleRandom(5);
        var (batch, labels) = Draw(7, 0, ref random);
        foreach (var (name, attack) in Attacks.Bounded(PerturbationNorm.Linf, 0.1f).Concat(Attacks.Bounded(PerturbationNorm.L2,
            0.3f)).Concat(Attacks.Minimal()))
        {
            var together = attack.Run(new ClassifierSubject(classifier, labels), batch, CancellationToken.None);
            for (var i = 0; i < batch.Count; i++)
            {
                var alone = attack.Run(
                    new ClassifierSubject(classifier, [labels[i]]), batch with { Clean = batch.Image(i).ToArray(), Keys = [batch.Keys[i]] },
                        CancellationToken.None);
                Assert.True(together.Image(i).SequenceEqual(alone.Images), $"{name}: image {i} depends on its company");
                Assert.Equal((together.Queries[i], together.Iterations[i], together.Fooled[i]), (alone.Queries[0], alone.Iterations[0], alone.Fooled[0]));
            }
        }
    }

    [Fact]
    public void A_masked_value_never_changes()
    {
        using var classifier = SmallModels.Load(Model, 16);
        var random = new SampleRandom(9);
        var (batch, labels) = Draw(10, 0, ref random);
        batch = batch with { Mask = [1, 0, 1, 0] };
        foreach (var (name, attack) in Attacks.Bounded(PerturbationNorm.Linf, 0.1f).Concat(Attacks.Minimal()))
        {
            var outcome = attack.Run(new ClassifierSubject(classifier, labels), batch, CancellationToken.None);
            for (var i = 0; i < batch.Count; i++)
            {
                foreach (var j in new[] { 1, 3 })
                    Assert.True(Math.Abs(outcome.Image(i)[j] - batch.Image(i)[j]) < 1e-6, $"{name}: value {j} changed");
            }
        }
    }

    [Fact]
    public void No_sample_asks_more_than_it_may()
    {
        using var classifier = SmallModels.Load(Model, 16);
        var random = new SampleRandom(13);
        var (batch, labels) = Draw(10, 0, ref random);
        var ball = new PerturbationBall(PerturbationNorm.Linf, 1e-4f);
        IAttack[] attacks =
        [
            new SquareAttack(new SquareOptions { Ball = ball, Iterations = 100, MaxQueries = 17 }), new SimbaAttack(new SimbaOptions { Step = 1e-4f,
                MaxQueries = 17 }),
            new NesAttack(new NesOptions { Ball = ball, Samples = 6, MaxQueries = 17 }), new HopSkipJumpAttack(new HopSkipJumpOptions { MaxQueries = 17 }),
            new BoundaryAttack(new BoundaryOptions { MaxQueries = 17 }), new ZooAttack(new ZooOptions { Coordinates = 4, MaxQueries = 17 }),
        ];
        foreach (var attack in attacks)
        {
            var before = classifier.Counters.Queries;
            var outcome = attack.Run(new ClassifierSubject(classifier, labels), batch, CancellationToken.None);
            Assert.All(outcome.Queries, q => Assert.InRange(q, 1, 17));
            Assert.Equal(outcome.Queries.Sum(), classifier.Counters.Queries - before);
            Assert.Equal(0, classifier.Counters.Gradients);
        }
    }

    [Fact]
    public void More_steps_and_restarts_never_raise_the_loss_less()
    {
        using var classifier = SmallModels.Load(Model, 16);
        var random = new SampleRandom(17);
        var (batch, labels) = Draw(30, 0, ref random);
        var once = new IterativeOptions { Ball = new PerturbationBall(PerturbationNorm.Linf, .1f), Step = .02f, Iterations = 10, RandomStarts = 1 };
        var one = new IterativeAttack(once).Run(new ClassifierSubject(classifier, labels), batch, CancellationToken.None);
        var five = new IterativeAttack(once with { RandomStarts = 5 }).Run(new ClassifierSubject(classifier, labels), batch, CancellationToken.None);
        for (var i = 0; i < batch.Count; i++)
            Assert.True(five.LossAfter[i] >= one.LossAfter[i]);
    }

    [Fact]
    public void The_adjoint_of_the_random_resizing_is_exact()
    {
        var shape = new ImageShape(2, 9, 7);
        var random = new SampleRandom(21);
        for (var n = 0; n < 100; n++)
        {
            var transform = new DiverseInput(0.4, 1).Draw(shape, ref random);
            var (x, y) = (new float[shape.Size], new float[shape.Size]);
            for (var j = 0; j < x.Length; j++)
                (x[j], y[j]) = (random.NextFloat(-1, 1), random.NextFloat(-1, 1));
            var (ax, aty) = (x.ToArray(), y.ToArray());
            transform.Apply(ax, shape);
            transform.PullBack(aty, shape);
            Assert.Equal(ax.Zip(y, (a, b) => (double)a * b).Sum(), x.Zip(aty, (a, b) => (double)a * b).Sum(), 1e-4);
        }
    }

    private static void AssertInRange(string name, ReadOnlySpan<float> image)
    {
        foreach (var v in image)
            Assert.True(v is >= 0 and <= 1, $"{name}: {v} lies outside of [0,1]");
    }

    private static (AttackBatch Batch, int[] Labels) Draw(int count, int first, ref SampleRandom random)
    {
        var images = new float[count * 4];
        for (var j = 0; j < images.Length; j++)
        {
            // Many values on the edges of the range.
            var v = random.NextFloat(-0.3f, 1.3f);
            images[j] = Math.Clamp(v, 0, 1);
        }

        using var classifier = SmallModels.Load(Model, 64);
        ulong[] keys = [.. Enumerable.Range(first, count).Select(i => SampleRandom.Key(1, i.ToString(CultureInfo.InvariantCulture)))];
        return (new AttackBatch(new ImageShape(1, 1, 4), images, keys), classifier.Classify(images));
    }

    private static byte[] Network()
    {
        var g = new Iml4e.Inference.Onnx.GraphBuilder("network");
        var random = new SampleRandom(31);
        string Layer(string x, int inputs, int outputs, ref SampleRandom from)
        {
            var weights = new float[inputs * outputs];
            for (var i = 0; i < weights.Length; i++)
                weights[i] = (float)from.NextGaussian();
            return g.Node("Gemm", [x, g.Initializer("w", weights, inputs, outputs), g.Initializer("b", new float[outputs])]);
        }

        var h = g.Node("Relu", [Layer(g.Input("input", Iml4e.Inference.TensorDatatype.FP32, "N", 4), 4, 16, ref random)]);
        g.Output("out", Layer(h, 16, 4, ref random), Iml4e.Inference.TensorDatatype.FP32, "N", 4);
        return Iml4e.Inference.Onnx.GraphSurgery.Serialize(g.Build());
    }
}
