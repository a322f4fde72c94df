using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>
/// An ensemble like AutoAttack (Croce and Hein, 2020) without FAB: APGD on cross entropy, APGD on the ratio of logits towards each of the likeliest other
/// classes, the square attack; each on the samples that withstood those before.
/// </summary>
public sealed class AutoAttack(AutoOptions options) : IAttack
{
    /// <inheritdoc/>
    public AttackOutcome Run(IAttackSubject subject, AttackBatch batch, CancellationToken ct)
    {
        var outcome = new ApgdAttack(new ApgdOptions { Ball = options.Ball, Iterations = options.Iterations }).Run(subject, batch, ct);
        var ranked = subject.RankOtherClasses(batch, ct);
        var others = ranked.Length == 0 ? 0 : ranked[0].Length;
        // The ratio with a target needs four classes.
        for (var t = 0; t < Math.Min(options.Targets, others) && others >= 3; t++)
        {
            var target = t;
            Continue(outcome, batch, open => new SubsetSubject(subject.Towards([.. ranked.Select(r => r[target])]), open), Apgd(t + 1), ct);
        }

        if (others < 3)
            Continue(outcome, batch, open => new SubsetSubject(subject, open), Apgd(1), ct);
        if (options.Ball.Norm == PerturbationNorm.Linf && options.Queries > 0)
            Continue(outcome, batch, open => new SubsetSubject(subject, open), new SquareAttack(new SquareOptions { Ball = options.Ball,
                Iterations = options.Queries }), ct);
        return outcome;

        ApgdAttack Apgd(int number) => new(new ApgdOptions
        {
            Ball = options.Ball, Iterations = options.Iterations, Loss = others >= 3 ? AttackLoss.Dlr : AttackLoss.Margin, Stream = 100 + 10 * number,
        });
    }

    private static void Continue(AttackOutcome outcome, AttackBatch batch, Func<int[], IAttackSubject> subject, IAttack attack, CancellationToken ct)
    {
        int[] open = [.. Enumerable.Range(0, batch.Count).Where(i => !outcome.Fooled[i])];
        if (open.Length == 0)
            return;
        var images = new float[open.Length * batch.Size];
        for (var n = 0; n < open.Length; n++)
            batch.Image(open[n]).CopyTo(images.AsSpan(n * batch.Size));
        var part = attack.Run(subject(open), batch with { Clean = images, Keys = [.. open.Select(i => batch.Keys[i])] }, ct);
        for (var n = 0; n < open.Length; n++)
        {
            var i = open[n];
            outcome.Iterations[i] += part.Iterations[n];
            outcome.Queries[i] += part.Queries[n];
            if (!part.Fooled[n])
                continue;
            part.Image(n).CopyTo(outcome.Image(i));
            (outcome.Fooled[i], outcome.LossAfter[i]) = (true, part.LossAfter[n]);
        }
    }
}
