using System.Numerics.Tensors;
using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>
/// Attacks that climb a loss by steps of a fixed length: FGSM (one step of length ε; Goodfellow et al., 2015), BIM (Kurakin et al., 2017), PGD (Madry et al.,
/// 2018), MI-FGSM (Dong et al., 2018), NI-FGSM (Lin et al., 2020), DI-FGSM (Xie et al., 2019), TI-FGSM (Dong et al., 2019), and what combines them.
/// </summary>
/// <example>
/// <code>
/// var pgd = new IterativeAttack(new IterativeOptions
/// {
///     Ball = new PerturbationBall(PerturbationNorm.Linf, 8 / 255f), Step = 2 / 255f, Iterations = 10, RandomStarts = 1,
/// });
/// var outcome = pgd.Run(new ClassifierSubject(classifier, labels), batch, cancellationToken);
/// </code>
/// </example>
public sealed class IterativeAttack(IterativeOptions options) : IAttack
{
    /// <inheritdoc/>
    public AttackOutcome Run(IAttackSubject subject, AttackBatch batch, CancellationToken ct)
    {
        using var objective = subject.Raise();
        var work = new Work(objective, batch, ct);
        var outcome = new AttackOutcome(batch.Count, batch.Size);
        batch.Clean.CopyTo(work.Images, 0);
        // The clean loss costs nothing where a run begins at the clean image.
        if (options.RandomStarts > 0)
            work.Evaluate(outcome.LossBefore, outcome.Fooled);
        for (var start = 0; start < Math.Max(1, options.RandomStarts); start++)
        {
            if (start > 0 || options.RandomStarts > 0)
                Begin(work, batch, start);
            Climb(work, batch, start, options.RandomStarts == 0 ? outcome.LossBefore : null);
            work.Evaluate(work.Losses, work.Fooled);
            for (var i = 0; i < batch.Count; i++)
            {
                if (start > 0 && !(work.Losses[i] > outcome.LossAfter[i]))
                    continue;
                work.Image(i).CopyTo(outcome.Image(i));
                (outcome.LossAfter[i], outcome.Fooled[i]) = (work.Losses[i], work.Fooled[i]);
            }
        }

        Array.Fill(outcome.Iterations, options.Iterations * Math.Max(1, options.RandomStarts));
        return outcome;
    }

    private void Begin(Work work, AttackBatch batch, int start)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            var random = new SampleRandom(batch.Keys[i], start);
            options.Ball.Start(batch.Image(i), work.Image(i), batch.Mask, ref random);
        }
    }

    private void Climb(Work work, AttackBatch batch, int start, float[]? firstLosses)
    {
        var momentum = options.Momentum is null ? [] : new float[work.Images.Length];
        var looked = options.Nesterov || options.Diversity is not null ? new float[work.Images.Length] : work.Images;
        var randoms = options.Diversity is null ? [] : Array.ConvertAll(batch.Keys, key => new SampleRandom(key, 1000 + start));
        var transforms = options.Diversity is null ? [] : new DiverseTransform[batch.Count];
        for (var step = 0; step < options.Iterations; step++)
        {
            if (!ReferenceEquals(looked, work.Images))
                Look(work, batch, momentum, looked, randoms, transforms);
            work.Evaluate(looked, step == 0 && firstLosses is not null ? firstLosses : work.Losses, work.Fooled);
            for (var i = 0; i < batch.Count; i++)
            {
                var gradient = work.Gradient(i);
                if (options.Diversity is not null)
                    transforms[i].PullBack(gradient, batch.Shape);
                options.Kernel?.Smooth(gradient, batch.Shape);
                if (batch.Mask is { } mask)
                    TensorPrimitives.Multiply(gradient, mask, gradient);
                if (options.Momentum is { } factor)
                    Accumulate(gradient, momentum.AsSpan(i * batch.Size, batch.Size), factor);
                options.Ball.Direct(gradient);
                var image = work.Image(i);
                TensorPrimitives.MultiplyAdd(gradient, options.Step, image, image);
                options.Ball.Project(batch.Image(i), image);
            }
        }
    }

    private void Look(Work work, AttackBatch batch, float[] momentum, float[] looked, SampleRandom[] randoms, DiverseTransform[] transforms)
    {
        work.Images.CopyTo(looked, 0);
        for (var i = 0; i < batch.Count; i++)
        {
            var image = looked.AsSpan(i * batch.Size, batch.Size);
            if (options.Nesterov)
                TensorPrimitives.MultiplyAdd(momentum.AsSpan(i * batch.Size, batch.Size), options.Step * (options.Momentum ?? 0), image, image);
            if (options.Diversity is { } diversity)
                (transforms[i] = diversity.Draw(batch.Shape, ref randoms[i])).Apply(image, batch.Shape);
        }
    }

    // m ← μ·m + g/|g|₁
    private static void Accumulate(Span<float> gradient, Span<float> momentum, float factor)
    {
        var size = TensorPrimitives.SumOfMagnitudes<float>(gradient);
        TensorPrimitives.Multiply(momentum, factor, momentum);
        if (size > 0)
            TensorPrimitives.MultiplyAdd(gradient, 1 / size, momentum, momentum);
        momentum.CopyTo(gradient);
    }

    /// <summary>Buffers of one run.</summary>
    private sealed class Work(IGradientObjective objective, AttackBatch batch, CancellationToken ct)
    {
        private readonly float[] _gradients = new float[batch.Clean.Length];
        private readonly int[] _samples = [.. Enumerable.Range(0, batch.Count)];

        internal float[] Images { get; } = new float[batch.Clean.Length];

        internal float[] Losses { get; } = new float[batch.Count];

        internal bool[] Fooled { get; } = new bool[batch.Count];

        internal Span<float> Image(int i) => Images.AsSpan(i * batch.Size, batch.Size);

        internal Span<float> Gradient(int i) => _gradients.AsSpan(i * batch.Size, batch.Size);

        internal void Evaluate(float[] losses, bool[] fooled) => Evaluate(Images, losses, fooled);

        internal void Evaluate(float[] images, float[] losses, bool[] fooled) => objective.Evaluate(images, _samples, losses, _gradients, fooled, ct);
    }
}
