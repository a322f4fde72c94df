using System.Numerics.Tensors;
using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>The fast gradient method with the smallest ε that fools: ε grows by a fixed amount until it does, or the largest is reached.</summary>
/// <param name="ball">The norm and the largest ε.</param>
/// <param name="step">What ε grows by; above 0.</param>
public sealed class MinimalGradientAttack(PerturbationBall ball, float step) : IAttack
{
    /// <inheritdoc/>
    public AttackOutcome Run(IAttackSubject subject, AttackBatch batch, CancellationToken ct)
    {
        using var objective = subject.Raise();
        var outcome = new AttackOutcome(batch.Count, batch.Size);
        var active = Enumerable.Range(0, batch.Count).ToArray();
        var directions = new float[batch.Clean.Length];
        objective.Evaluate(batch.Clean, active, outcome.LossBefore, directions, outcome.Fooled, ct);
        batch.Clean.CopyTo(outcome.Images, 0);
        outcome.LossBefore.CopyTo(outcome.LossAfter, 0);
        for (var i = 0; i < batch.Count; i++)
        {
            var direction = directions.AsSpan(i * batch.Size, batch.Size);
            if (batch.Mask is { } mask)
                TensorPrimitives.Multiply(direction, mask, direction);
            ball.Direct(direction);
        }

        var (images, gradients) = (new float[batch.Clean.Length], new float[batch.Clean.Length]);
        var (losses, fooled) = (new float[batch.Count], new bool[batch.Count]);
        active = [.. active.Where(i => !outcome.Fooled[i])];
        for (var n = 1; active.Length > 0; n++)
        {
            var radius = Math.Min(n * step, ball.Radius);
            for (var a = 0; a < active.Length; a++)
            {
                var image = images.AsSpan(a * batch.Size, batch.Size);
                TensorPrimitives.MultiplyAdd(directions.AsSpan(active[a] * batch.Size, batch.Size), radius, batch.Image(active[a]), image);
                (ball with { Radius = radius }).Project(batch.Image(active[a]), image);
            }

            objective.Evaluate(images, active, losses, gradients, fooled, ct);
            for (var a = 0; a < active.Length; a++)
            {
                images.AsSpan(a * batch.Size, batch.Size).CopyTo(outcome.Image(active[a]));
                (outcome.Fooled[active[a]], outcome.LossAfter[active[a]], outcome.Iterations[active[a]]) = (fooled[a], losses[a], n);
            }

            active = radius >= ball.Radius ? [] : [.. active.Where(i => !outcome.Fooled[i])];
        }

        return outcome;
    }
}
