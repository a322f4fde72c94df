using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>
/// No attack but a control: random noise of the same size. L∞ takes the edge of the ball in every value, the others a random point in the
/// ball.
/// </summary>
public sealed class NoiseAttack(PerturbationBall ball) : IAttack
{
    /// <inheritdoc/>
    public AttackOutcome Run(IAttackSubject subject, AttackBatch batch, CancellationToken ct)
    {
        using var board = new QueryBoard(subject, QueryScore.Margin, batch, long.MaxValue, ct);
        foreach (var i in board.Active.ToArray())
        {
            var random = new SampleRandom(batch.Keys[i], 800);
            var image = new float[batch.Size];
            if (ball.Norm == PerturbationNorm.Linf)
            {
                for (var j = 0; j < image.Length; j++)
                    image[j] = batch.Image(i)[j] + ball.Radius * random.NextSign() * (batch.Mask?[j] ?? 1);
                ball.Project(batch.Image(i), image);
            }
            else
            {
                ball.Start(batch.Image(i), image, batch.Mask, ref random);
            }

            var (score, fooled) = (new float[1], new bool[1]);
            board.Ask(i, image, score, fooled);
            board.Take(i, image, score[0], fooled[0]);
            board.Outcome.Iterations[i] = 1;
        }

        return board.Outcome;
    }
}
