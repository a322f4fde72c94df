using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>
/// The square attack for L∞ (Andriushchenko et al., 2020): sets random squares to the edge of what is allowed and keeps what lowers the margin. One query a
/// step.
/// </summary>
public sealed class SquareAttack(SquareOptions options) : IAttack
{
    /// <inheritdoc/>
    public AttackOutcome Run(IAttackSubject subject, AttackBatch batch, CancellationToken ct)
    {
        if (options.Ball.Norm != PerturbationNorm.Linf)
            throw new AttackUnsupportedException("the square attack knows the norm linf alone");
        using var board = new QueryBoard(subject, QueryScore.Margin, batch, options.MaxQueries, ct);
        var changed = new bool[batch.Count];
        for (var restart = 0; restart < options.Restarts && board.Active.Count > 0; restart++)
        {
            var randoms = Array.ConvertAll(batch.Keys, key => new SampleRandom(key, 300 + restart));
            board.Ask((i, x) => Stripes(batch, i, x, ref randoms[i]), (i, score, fooled) => Keep(board, changed, i, score, fooled));
            board.Drop();
            for (var step = 0; step < options.Iterations && board.Active.Count > 0; step++)
            {
                var side = SquareSchedule.Side(SquareSchedule.Part(options.FirstPart, step, options.Iterations), batch.Shape.Height, batch.Shape.Width);
                board.Ask((i, x) => Square(batch, i, x, side, ref randoms[i]), (i, score, fooled) =>
                {
                    board.Outcome.Iterations[i]++;
                    return Keep(board, changed, i, score, fooled);
                });
                board.Drop();
            }
        }

        return board.Outcome;
    }

    // The first stripes count even where they help the model: the clean image is no place to search from.
    private static bool Keep(QueryBoard board, bool[] changed, int i, float score, bool fooled)
    {
        if (changed[i] && !fooled && !(score < board.Scores[i]))
            return false;
        changed[i] = true;
        return true;
    }

    private void Stripes(AttackBatch batch, int sample, Span<float> image, ref SampleRandom random)
    {
        var shape = batch.Shape;
        var clean = batch.Image(sample);
        for (var c = 0; c < shape.Channels; c++)
        {
            for (var x = 0; x < shape.Width; x++)
            {
                var change = options.Ball.Radius * random.NextSign();
                for (var y = 0; y < shape.Height; y++)
                {
                    var at = c * shape.Plane + y * shape.Width + x;
                    image[at] = clean[at] + change * (batch.Mask?[at] ?? 1);
                }
            }
        }

        options.Ball.Project(clean, image);
    }

    private void Square(AttackBatch batch, int sample, Span<float> image, int side, ref SampleRandom random)
    {
        var shape = batch.Shape;
        var clean = batch.Image(sample);
        var (top, left) = (random.Next(shape.Height - side + 1), random.Next(shape.Width - side + 1));
        for (var c = 0; c < shape.Channels; c++)
        {
            var change = 2 * options.Ball.Radius * random.NextSign();
            for (var y = top; y < top + side; y++)
            {
                for (var x = left; x < left + side; x++)
                {
                    var at = c * shape.Plane + y * shape.Width + x;
                    image[at] += change * (batch.Mask?[at] ?? 1);
                }
            }
        }

        options.Ball.Project(clean, image);
    }
}
