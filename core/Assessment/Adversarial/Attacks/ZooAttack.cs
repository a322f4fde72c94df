using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>
/// Zeroth order optimisation (Chen et al., 2017): the objective of Carlini and Wagner without gradients, by symmetric difference quotients of some random
/// coordinates a step and Adam on each of them. Images are not resized.
/// </summary>
public sealed class ZooAttack(ZooOptions options) : IAttack
{
    /// <inheritdoc/>
    public AttackOutcome Run(IAttackSubject subject, AttackBatch batch, CancellationToken ct)
    {
        using var board = new QueryBoard(subject, QueryScore.Margin, batch, options.MaxQueries, ct);
        foreach (var i in board.Active.ToArray())
            Search(board, batch, i);
        return board.Outcome;
    }

    private void Search(QueryBoard board, AttackBatch batch, int sample)
    {
        var random = new SampleRandom(batch.Keys[sample], 700);
        var (weight, lower, upper, best) = (options.FirstWeight, 0f, float.PositiveInfinity, double.PositiveInfinity);
        for (var step = 0; step < options.BinarySteps; step++)
        {
            if (Descend(board, batch, sample, weight, ref best, ref random) is not { } won)
                return;
            if (won)
                (upper, weight) = (weight, (lower + weight) / 2);
            else
                (lower, weight) = (weight, float.IsPositiveInfinity(upper) ? weight * 10 : (weight + upper) / 2);
        }
    }

    private bool? Descend(QueryBoard board, AttackBatch batch, int sample, float weight, ref double best, ref SampleRandom random)
    {
        var size = batch.Size;
        var clean = batch.Image(sample).ToArray();
        var current = Array.ConvertAll(clean, c => (double)c);
        var count = Math.Min(options.Coordinates, size);
        var (images, scores, fooled) = (new float[2 * count * size], new float[2 * count], new bool[2 * count]);
        var (adam, steps, gradient) = (new Adam(size, options.LearningRate), new int[size], new double[1]);
        var (image, score, hit, won) = (new float[size], new float[1], new bool[1], false);
        for (var step = 0; step < options.Iterations; step++)
        {
            var coordinates = random.NextOrder(size).AsSpan(0, count).ToArray();
            for (var n = 0; n < 2 * count; n++)
            {
                var row = images.AsSpan(n * size, size);
                for (var j = 0; j < size; j++)
                    row[j] = (float)current[j];
                row[coordinates[n / 2]] += (n % 2 == 0 ? 1 : -1) * options.Difference;
            }

            if (board.Ask(sample, images, scores, fooled) < 2 * count)
                return null;
            for (var n = 0; n < count; n++)
            {
                var at = coordinates[n];
                if (batch.Mask is { } mask && mask[at] == 0)
                    continue;
                var slope = (Objective(scores[2 * n]) - Objective(scores[2 * n + 1])) / (2 * options.Difference);
                gradient[0] = 2 * (current[at] - clean[at]) + weight * slope;
                adam.Step(current, gradient, at, ++steps[at]);
                current[at] = Math.Clamp(current[at], 0, 1);
            }

            for (var j = 0; j < size; j++)
                image[j] = (float)current[j];
            if (board.Ask(sample, image, score, hit) == 0)
                return null;
            board.Outcome.Iterations[sample]++;
            if (!hit[0] || -score[0] < options.Confidence)
                continue;
            won = true;
            var distance = PerturbationBall.Measure(PerturbationNorm.L2, clean, image);
            if (distance >= best)
                continue;
            best = distance;
            board.Take(sample, image, score[0], fooled: true);
        }

        return won;
    }

    private double Objective(float margin) => Math.Max(margin + options.Confidence, 0);
}
