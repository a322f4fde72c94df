using Iml4e.Assessment.Adversarial.Attacks;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Threat;
using Iml4e.Tests.Unit.Inference;

namespace Iml4e.Tests.Unit.Assessment.Adversarial;

/// <summary>Attacks on a published network, exported for one image at a time.</summary>
public sealed class MnistAttackTests
{
    private const float Radius = 0.1f;

    [SharedDataFact]
    public void A_model_exported_for_one_image_takes_batches()
    {
        using var one = Load(1);
        using var many = Load(32);
        Assert.Equal((32, 10), (many.Rows, many.Classes));
        var (batch, labels) = Mnist.Read(0, 40);
        var (a, b) = (new float[400], new float[400]);
        one.Predict(batch.Clean, a);
        many.Predict(batch.Clean, b);
        Near.Equal(a, b, 1e-3);
        Near.Equal([-1.2567f, 0.6276f, 8.6427f, 9.4289f, -13.7401f, -6.0457f, -23.4867f, 28.3400f, -6.7915f, 3.9420f], b.AsSpan(0, 10), 1e-3);
        Assert.InRange(many.Classify(batch.Clean).Zip(labels).Count(p => p.First == p.Second), 38, 40);
    }

    [SharedDataFact]
    public void More_steps_fool_more()
    {
        using var classifier = Load(50);
        var (batch, labels) = Mnist.Read(8_000, 100);
        int Robust(IAttack attack) => Errors(classifier, batch, labels, attack);
        var ball = new PerturbationBall(PerturbationNorm.Linf, Radius);
        var fgsm = Robust(new IterativeAttack(new IterativeOptions { Ball = ball, Step = Radius, Iterations = 1 }));
        var pgd = Robust(new IterativeAttack(new IterativeOptions { Ball = ball, Step = 0.01f, Iterations = 20, RandomStarts = 1 }));
        var apgd = Robust(new ApgdAttack(new ApgdOptions { Ball = ball, Iterations = 20 }));
        Assert.True(pgd >= fgsm && pgd > 20, $"FGSM {fgsm}, PGD {pgd}");
        Assert.True(apgd >= pgd, $"APGD {apgd}, PGD {pgd}");
    }

    [SharedDataFact]
    public void Squares_fool_without_a_gradient()
    {
        using var classifier = Load(50);
        var (batch, labels) = Mnist.Read(8_000, 50);
        var attack = new SquareAttack(new SquareOptions { Ball = new PerturbationBall(PerturbationNorm.Linf, 0.2f), Iterations = 200 });
        var outcome = attack.Run(new ClassifierSubject(classifier, labels), batch, CancellationToken.None);
        Assert.InRange(outcome.Fooled.Count(f => f), 20, 50);
        Assert.Equal(0, classifier.Counters.Gradients);
        Assert.Equal(outcome.Queries.Sum(), classifier.Counters.Queries);
    }

    [SharedDataFact]
    public void DeepFool_fools_with_less_than_the_fast_gradient_needs()
    {
        using var classifier = Load(50);
        var (batch, labels) = Mnist.Read(8_000, 30);
        var subject = new ClassifierSubject(classifier, classifier.Classify(batch.Clean));
        var deep = new DeepFoolAttack(new DeepFoolOptions { Iterations = 50 }).Run(subject, batch, CancellationToken.None);
        Assert.True(deep.Fooled.Count(f => f) >= 29);
        var fast = new MinimalGradientAttack(new PerturbationBall(PerturbationNorm.Linf, 1), 0.01f).Run(subject, batch, CancellationToken.None);
        var pairs = Enumerable.Range(0, batch.Count).Where(i => deep.Fooled[i] && fast.Fooled[i]).ToList();
        double Median(AttackOutcome o) => pairs.Select(i => PerturbationBall.Measure(PerturbationNorm.L2, batch.Image(i),
            o.Image(i))).Order().ElementAt(pairs.Count / 2);
        Assert.True(Median(deep) < Median(fast), $"{Median(deep)} against {Median(fast)}");
        Assert.Equal(labels.Length, batch.Count);
    }

    [SharedDataFact]
    public void Every_attack_gives_the_same_bytes_again_alone_and_in_company()
    {
        var (batch, labels) = Mnist.Read(8_000, 5);
        using var first = Load(8);
        using var second = Load(8);
        foreach (var (name, attack) in Attacks.Bounded(PerturbationNorm.Linf, Radius).Concat(Attacks.Minimal()))
        {
            var together = attack.Run(new ClassifierSubject(first, labels), batch, CancellationToken.None);
            var alone = attack.Run(
                new ClassifierSubject(second, [labels[3]]), batch with { Clean = batch.Image(3).ToArray(), Keys = [batch.Keys[3]] }, CancellationToken.None);
            Assert.True(together.Image(3).SequenceEqual(alone.Images), $"{name}: an image depends on its company");
        }
    }

    private static int Errors(Classifier classifier, AttackBatch batch, int[] labels, IAttack attack)
    {
        var outcome = attack.Run(new ClassifierSubject(classifier, labels), batch, CancellationToken.None);
        var said = classifier.Classify(outcome.Images);
        return said.Zip(labels).Count(p => p.First != p.Second);
    }

    private static Classifier Load(int rows) => Classifier.Load(SharedData.Read("models", "mnist.onnx"), new ClassifierOptions { Rows = rows });
}
