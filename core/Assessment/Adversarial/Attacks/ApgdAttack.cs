using System.Numerics.Tensors;
using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>
/// Auto-PGD (Croce and Hein, 2020): projected gradient ascent with momentum whose step length halves, sample by sample, when it no longer helps. Gives the
/// point of the highest loss, of those that fool if there are any.
/// </summary>
public sealed class ApgdAttack(ApgdOptions options) : IAttack
{
    private const float Inertia = 0.75f;

    /// <inheritdoc/>
    public AttackOutcome Run(IAttackSubject subject, AttackBatch batch, CancellationToken ct)
    {
        using var objective = subject.Raise(options.Loss);
        var outcome = new AttackOutcome(batch.Count, batch.Size);
        var samples = Enumerable.Range(0, batch.Count).ToArray();
        objective.Evaluate(batch.Clean, samples, outcome.LossBefore, new float[batch.Clean.Length], outcome.Fooled, ct);
        batch.Clean.CopyTo(outcome.Images, 0);
        outcome.LossBefore.CopyTo(outcome.LossAfter, 0);
        for (var start = 0; start < Math.Max(1, options.RandomStarts); start++)
            Climb(objective, batch, samples, start, outcome, ct);
        return outcome;
    }

    private void Climb(IGradientObjective objective, AttackBatch batch, int[] samples, int start, AttackOutcome outcome, CancellationToken ct)
    {
        var (count, size, ball) = (batch.Count, batch.Size, options.Ball);
        var checkpoints = options.ArtCheckpoints ? ApgdCheckpoints.Art(options.Iterations) : ApgdCheckpoints.Exact(options.Iterations);
        var (images, previous, gradients, scratch) = (new float[count * size], new float[count * size], new float[count * size], new float[size]);
        var (best, bestGradients, bestLosses) = (new float[count * size], new float[count * size], new float[count]);
        var (losses, fooled, states) = (new float[count], new bool[count], new StepState[count]);
        for (var i = 0; i < count; i++)
        {
            var random = new SampleRandom(batch.Keys[i], options.Stream + start);
            ball.Start(batch.Image(i), images.AsSpan(i * size, size), batch.Mask, ref random);
            states[i] = new StepState(options.FirstStep ?? 2 * ball.Radius);
        }

        Array.Fill(bestLosses, float.NegativeInfinity);
        var passed = 0;
        for (var k = 0; k <= options.Iterations; k++)
        {
            objective.Evaluate(images, samples, losses, gradients, fooled, ct);
            var atCheckpoint = k > 0 && checkpoints.Contains(k);
            var since = atCheckpoint ? k - checkpoints[passed] : 0;
            for (var i = 0; i < count; i++)
            {
                var image = images.AsSpan(i * size, size);
                var gradient = gradients.AsSpan(i * size, size);
                Keep(outcome, i, image, losses[i], fooled[i]);
                if (losses[i] > bestLosses[i])
                {
                    bestLosses[i] = losses[i];
                    image.CopyTo(best.AsSpan(i * size, size));
                    gradient.CopyTo(bestGradients.AsSpan(i * size, size));
                    if (k > 0)
                        states[i].Increases++;
                }

                if (atCheckpoint && states[i].IsTooFast(since, options.Progress, bestLosses[i]))
                {
                    best.AsSpan(i * size, size).CopyTo(image);
                    bestGradients.AsSpan(i * size, size).CopyTo(gradient);
                }

                if (k < options.Iterations)
                    Step(batch, i, image, previous.AsSpan(i * size, size), gradient, scratch, states[i].Length, first: k == 0);
            }

            if (atCheckpoint)
                passed = LastAt(checkpoints, k);
        }
    }

    // The last of those that fall on this step.
    private static int LastAt(IReadOnlyList<int> checkpoints, int step)
    {
        var last = 0;
        for (var i = 0; i < checkpoints.Count; i++)
        {
            if (checkpoints[i] == step)
                last = i;
        }

        return last;
    }

    // z = Π(x + η·step(∇)); x' = Π(x + a(z - x) + (1 - a)(x - x_before)); the first step is z itself.
    private void Step(AttackBatch batch, int i, Span<float> image, Span<float> previous, Span<float> gradient, Span<float> next, float length, bool first)
    {
        var ball = options.Ball;
        var clean = batch.Image(i);
        if (batch.Mask is { } mask)
            TensorPrimitives.Multiply(gradient, mask, gradient);
        ball.Direct(gradient);
        TensorPrimitives.MultiplyAdd(gradient, length, image, next);
        ball.Project(clean, next);
        if (!first)
        {
            for (var j = 0; j < next.Length; j++)
                next[j] = image[j] + Inertia * (next[j] - image[j]) + (1 - Inertia) * (image[j] - previous[j]);
            ball.Project(clean, next);
        }

        image.CopyTo(previous);
        next.CopyTo(image);
    }

    private static void Keep(AttackOutcome outcome, int i, ReadOnlySpan<float> image, float loss, bool fooled)
    {
        outcome.Iterations[i]++;
        if (outcome.Fooled[i] && !fooled)
            return;
        if (fooled == outcome.Fooled[i] && !(loss > outcome.LossAfter[i]))
            return;
        image.CopyTo(outcome.Image(i));
        (outcome.LossAfter[i], outcome.Fooled[i]) = (loss, fooled);
    }

    /// <summary>Step length of one sample, with what led to it.</summary>
    private struct StepState(float length)
    {
        private float _lengthBefore;
        private float _bestBefore = float.NegativeInfinity;

        internal float Length { get; private set; } = length;

        internal int Increases;

        /// <summary>Halves the step if it brought too little since the last checkpoint.</summary>
        internal bool IsTooFast(int steps, double progress, float best)
        {
            var halve = Increases < progress * steps || (_lengthBefore == Length && _bestBefore == best);
            (_lengthBefore, _bestBefore, Increases) = (Length, best, 0);
            if (halve)
                Length /= 2;
            return halve;
        }
    }
}
