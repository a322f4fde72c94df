using System.Numerics.Tensors;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>
/// Natural evolution strategies (Ilyas et al., 2018): estimates the gradient of the margin from pairs of opposite Gaussian noises, and goes down by projected
/// steps with momentum.
/// </summary>
public sealed class NesAttack(NesOptions options) : IAttack
{
    /// <inheritdoc/>
    public AttackOutcome Run(IAttackSubject subject, AttackBatch batch, CancellationToken ct)
    {
        using var board = new QueryBoard(subject, QueryScore.Margin, batch, options.MaxQueries, ct);
        foreach (var i in board.Active.ToArray())
            Descend(board, batch, i);
        return board.Outcome;
    }

    private void Descend(QueryBoard board, AttackBatch batch, int sample)
    {
        var (size, pairs) = (batch.Size, Math.Max(1, options.Samples / 2));
        var random = new SampleRandom(batch.Keys[sample], 600);
        var (noise, images) = (new float[pairs * size], new float[2 * pairs * size]);
        var (scores, fooled) = (new float[2 * pairs], new bool[2 * pairs]);
        var (momentum, gradient) = (new float[size], new float[size]);
        var (current, score, hit) = (batch.Image(sample).ToArray(), new float[1], new bool[1]);
        for (var step = 0; step < options.Iterations; step++)
        {
            for (var n = 0; n < pairs; n++)
            {
                for (var j = 0; j < size; j++)
                {
                    var u = (float)random.NextGaussian();
                    (noise[n * size + j], images[2 * n * size + j], images[(2 * n + 1) * size + j]) =
                        (u, current[j] + options.Sigma * u, current[j] - options.Sigma * u);
                }
            }

            if (board.Ask(sample, images, scores, fooled) < 2 * pairs)
                return;
            Array.Clear(gradient);
            for (var n = 0; n < pairs; n++)
            {
                var difference = (scores[2 * n] - scores[2 * n + 1]) / (2 * pairs * options.Sigma);
                TensorPrimitives.MultiplyAdd(noise.AsSpan(n * size, size), difference, gradient, gradient);
            }

            if (batch.Mask is { } mask)
                TensorPrimitives.Multiply(gradient, mask, gradient);
            TensorPrimitives.Multiply(momentum, options.Momentum, momentum);
            TensorPrimitives.MultiplyAdd(gradient, 1 - options.Momentum, momentum, momentum);
            momentum.CopyTo(gradient, 0);
            options.Ball.Direct(gradient);
            TensorPrimitives.MultiplyAdd(gradient, -options.Step, current, current);
            options.Ball.Project(batch.Image(sample), current);
            if (board.Ask(sample, current, score, hit) == 0)
                return;
            board.Outcome.Iterations[sample]++;
            if (score[0] < board.Scores[sample] || hit[0])
                board.Take(sample, current, score[0], hit[0]);
            if (hit[0])
                return;
        }
    }
}
