using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>
/// The simple black-box attack (Guo et al., 2019): goes along one direction of an orthonormal basis at a time, to the side that makes the label less probable,
/// if either does. Two queries a step.
/// </summary>
public sealed class SimbaAttack(SimbaOptions options) : IAttack
{
    /// <inheritdoc/>
    public AttackOutcome Run(IAttackSubject subject, AttackBatch batch, CancellationToken ct)
    {
        using var board = new QueryBoard(subject, QueryScore.Probability, batch, options.MaxQueries, ct);
        var orders = Array.ConvertAll(batch.Keys, key => new DirectionOrder(batch.Shape, options, key));
        var waves = options.Dct ? new CosineBasis(batch.Shape) : null;
        var directions = new int[batch.Count];
        var (down, up) = (new Answer[batch.Count], new Answer[batch.Count]);
        for (var step = 0; step < options.Iterations && board.Active.Count > 0; step++)
        {
            foreach (var i in board.Active)
                (directions[i], down[i], up[i]) = (orders[i].Next(), Answer.None, Answer.None);
            board.Ask((i, x) => Move(x, directions[i], -options.Step, waves, batch), (i, score, fooled) => Note(ref down[i], score, fooled));
            board.Ask((i, x) => Move(x, directions[i], options.Step, waves, batch), (i, score, fooled) => Note(ref up[i], score, fooled));
            foreach (var i in board.Active)
            {
                board.Outcome.Iterations[i]++;
                var better = up[i].Score < down[i].Score ? up[i] : down[i];
                if (!(better.Score < board.Scores[i]) && !better.Fooled)
                    continue;
                var image = board.Outcome.Image(i).ToArray();
                Move(image, directions[i], up[i].Score >= down[i].Score ? -options.Step : options.Step, waves, batch);
                board.Take(i, image, better.Score, better.Fooled);
            }

            board.Drop();
        }

        return board.Outcome;
    }

    private static bool Note(ref Answer answer, float score, bool fooled)
    {
        answer = new Answer(score, fooled);
        return false;
    }

    private static void Move(Span<float> image, int direction, float step, CosineBasis? waves, AttackBatch batch)
    {
        if (waves is not null)
            waves.Add(image, direction, step, batch.Mask);
        else
            image[direction] += step * (batch.Mask?[direction] ?? 1);
        PerturbationBall.Unit(image);
    }

    /// <summary>What the model said of one side.</summary>
    private readonly record struct Answer(float Score, bool Fooled)
    {
        internal static Answer None { get; } = new(float.PositiveInfinity, false);
    }
}
