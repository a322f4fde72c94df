using System.Numerics.Tensors;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>
/// DeepFool (Moosavi-Dezfooli et al., 2016): again and again goes to the nearest boundary of the linearised classifier, until the class changes; a close bound
/// of the distance to the boundary. Knows no targets.
/// </summary>
public sealed class DeepFoolAttack(DeepFoolOptions options) : IAttack
{
    /// <inheritdoc/>
    public AttackOutcome Run(IAttackSubject subject, AttackBatch batch, CancellationToken ct)
    {
        using var jacobian = subject.Jacobian();
        var outcome = new AttackOutcome(batch.Count, batch.Size);
        batch.Clean.CopyTo(outcome.Images, 0);
        var first = subject.RankOtherClasses(batch, ct);
        var size = batch.Size;
        // From the class that the model says, as in the paper: an image that errs already moves to another class still.
        var (own, others) = Start(jacobian, batch, first, ct);
        var active = Enumerable.Range(0, batch.Count).ToArray();
        var images = batch.Clean.ToArray();
        for (var step = 0; step < options.Iterations && active.Length > 0; step++)
        {
            var width = others[0].Length;
            var rows = active.Length * width;
            var (tiled, plus, minus) = (new float[rows * size], new int[rows], new int[rows]);
            for (var a = 0; a < active.Length; a++)
            {
                for (var k = 0; k < width; k++)
                {
                    images.AsSpan(active[a] * size, size).CopyTo(tiled.AsSpan((a * width + k) * size));
                    (plus[a * width + k], minus[a * width + k]) = (others[active[a]][k], own[active[a]]);
                }
            }

            var (logits, gradients) = (new float[rows * jacobian.Classes], new float[rows * size]);
            jacobian.Evaluate(tiled, plus, minus, logits, gradients, ct);
            var going = new List<int>();
            for (var a = 0; a < active.Length; a++)
            {
                var i = active[a];
                var z = logits.AsSpan(a * width * jacobian.Classes, jacobian.Classes);
                if (Decision.Of(z) != own[i])
                    continue;
                going.Add(i);
                outcome.Iterations[i]++;
                Move(images.AsSpan(i * size, size), gradients.AsSpan(a * width * size, width * size), z, others[i], own[i], batch.Mask);
            }

            active = [.. going];
        }

        for (var i = 0; i < batch.Count; i++)
        {
            var clean = batch.Image(i);
            var moved = images.AsSpan(i * size, size);
            var result = outcome.Image(i);
            TensorPrimitives.Subtract(moved, clean, moved);
            TensorPrimitives.MultiplyAdd(moved, 1 + options.Overshoot, clean, result);
            PerturbationBall.Unit(result);
        }

        Judge(subject, batch, outcome, ct);
        return outcome;
    }

    private static void Judge(IAttackSubject subject, AttackBatch batch, AttackOutcome outcome, CancellationToken ct)
    {
        using var objective = subject.Raise();
        var samples = Enumerable.Range(0, batch.Count).ToArray();
        var (gradients, fooled) = (new float[batch.Clean.Length], new bool[batch.Count]);
        objective.Evaluate(batch.Clean, samples, outcome.LossBefore, gradients, fooled, ct);
        objective.Evaluate(outcome.Images, samples, outcome.LossAfter, gradients, outcome.Fooled, ct);
    }

    private (int[] Own, int[][] Others) Start(IClassJacobian jacobian, AttackBatch batch, int[][] ranked, CancellationToken ct)
    {
        var zeros = new int[batch.Count];
        var (logits, gradients) = (new float[batch.Count * jacobian.Classes], new float[batch.Clean.Length]);
        jacobian.Evaluate(batch.Clean, zeros, zeros, logits, gradients, ct);
        var own = new int[batch.Count];
        var others = new int[batch.Count][];
        var width = Math.Min(options.Classes, ranked.Length == 0 ? 0 : jacobian.Classes - 1);
        for (var i = 0; i < batch.Count; i++)
        {
            var z = logits[(i * jacobian.Classes)..((i + 1) * jacobian.Classes)];
            own[i] = Decision.Of(z);
            others[i] = [.. Enumerable.Range(0, jacobian.Classes).Where(c => c != own[i]).OrderByDescending(c => z[c]).Take(width)];
        }

        return (own, others);
    }

    private void Move(Span<float> image, Span<float> gradients, ReadOnlySpan<float> logits, int[] others, int own, float[]? mask)
    {
        var size = image.Length;
        var (nearest, distance) = (-1, double.PositiveInfinity);
        for (var k = 0; k < others.Length; k++)
        {
            var gradient = gradients.Slice(k * size, size);
            if (mask is not null)
                TensorPrimitives.Multiply(gradient, mask, gradient);
            var length = options.Norm == PerturbationNorm.L2 ? Math.Sqrt(PerturbationBall.SumOfSquares(gradient))
                : TensorPrimitives.SumOfMagnitudes<float>(gradient);
            var d = Math.Abs(logits[others[k]] - logits[own]) / length;
            if (d < distance)
                (nearest, distance) = (k, d);
        }

        if (nearest < 0)
            return;
        var step = gradients.Slice(nearest * size, size);
        var gap = Math.Abs((double)logits[others[nearest]] - logits[own]);
        if (options.Norm == PerturbationNorm.L2)
        {
            PerturbationBall.Scale(step, gap / (PerturbationBall.SumOfSquares(step) + 1e-7));
        }
        else
        {
            var length = TensorPrimitives.SumOfMagnitudes<float>(step) + 1e-7;
            PerturbationBall.Direct(PerturbationNorm.Linf, step);
            PerturbationBall.Scale(step, gap / length);
        }

        TensorPrimitives.Add(image, step, image);
        PerturbationBall.Unit(image);
    }
}
