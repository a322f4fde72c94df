using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>
/// The boundary attack (Brendel et al., 2018): by decisions alone. From an image that fools goes sideways on the sphere around the clean one, then towards it,
/// and adapts both lengths to how often that succeeds.
/// </summary>
public sealed class BoundaryAttack(BoundaryOptions options) : IAttack
{
    private const double TooFew = 0.2;
    private const double TooMany = 0.5;

    /// <inheritdoc/>
    public AttackOutcome Run(IAttackSubject subject, AttackBatch batch, CancellationToken ct)
    {
        using var board = new QueryBoard(subject, QueryScore.Decision, batch, options.MaxQueries, ct);
        foreach (var i in board.Active.ToArray())
        {
            var random = new SampleRandom(batch.Keys[i], 500);
            if (RandomFooling.Find(board, i, batch, options.StartTries, ref random) is { } start)
                Walk(board, batch, i, start, ref random);
        }

        return board.Outcome;
    }

    private void Walk(QueryBoard board, AttackBatch batch, int sample, float[] current, ref SampleRandom random)
    {
        var (clean, size) = (batch.Image(sample).ToArray(), batch.Size);
        var (delta, epsilon) = (options.Delta, options.Epsilon);
        var (images, scores, fooled) = (new float[options.Noises * size], new float[options.Noises], new bool[options.Noises]);
        board.Take(sample, current, 0, fooled: true);
        for (var step = 0; step < options.Iterations; step++)
        {
            var sideways = new List<float[]>();
            for (var trial = 0; trial < options.Trials && sideways.Count == 0; trial++)
            {
                for (var n = 0; n < options.Noises; n++)
                    Sideways(clean, current, images.AsSpan(n * size, size), delta, batch.Mask, ref random);
                var asked = board.Ask(sample, images, scores, fooled);
                if (asked < options.Noises)
                    return;
                for (var n = 0; n < asked; n++)
                {
                    if (fooled[n])
                        sideways.Add(images.AsSpan(n * size, size).ToArray());
                }

                delta = Adapt(delta, (double)sideways.Count / asked);
            }

            if (sideways.Count == 0)
                return;
            if (Towards(board, sample, clean, sideways, ref epsilon) is not { } nearer)
                return;
            current = nearer;
            board.Outcome.Iterations[sample]++;
            if (PerturbationBall.Measure(PerturbationNorm.L2, clean, current) < PerturbationBall.Measure(PerturbationNorm.L2, clean,
                board.Outcome.Image(sample)))
                board.Take(sample, current, 0, fooled: true);
        }
    }

    // Of the images on the sphere each goes towards the clean one; the nearest that still fools is kept.
    private float[]? Towards(QueryBoard board, int sample, float[] clean, List<float[]> from, ref double epsilon)
    {
        var size = clean.Length;
        var (images, scores, fooled) = (new float[from.Count * size], new float[from.Count], new bool[from.Count]);
        for (var trial = 0; trial < options.Trials; trial++)
        {
            for (var n = 0; n < from.Count; n++)
            {
                for (var j = 0; j < size; j++)
                    images[n * size + j] = (float)(from[n][j] + epsilon * (clean[j] - (double)from[n][j]));
            }

            var asked = board.Ask(sample, images, scores, fooled);
            if (asked < from.Count)
                return null;
            epsilon = Adapt(epsilon, (double)fooled.Count(f => f) / asked);
            var best = Enumerable.Range(0, asked).Where(n => fooled[n])
                .OrderBy(n => PerturbationBall.Measure(PerturbationNorm.L2, clean, images.AsSpan(n * size, size))).Cast<int?>().FirstOrDefault();
            if (best is { } b)
                return images.AsSpan(b * size, size).ToArray();
        }

        return from[0];
    }

    private double Adapt(double length, double successes) =>
        successes < TooFew ? length * options.Adaptation : successes > TooMany ? Math.Min(length / options.Adaptation, 1) : length;

    // Noise at right angles to the way to the clean image, brought back onto the sphere.
    private static void Sideways(float[] clean, float[] current, Span<float> image, double delta, float[]? mask, ref SampleRandom random)
    {
        var distance = PerturbationBall.Measure(PerturbationNorm.L2, clean, current);
        for (var j = 0; j < image.Length; j++)
            image[j] = (float)random.NextGaussian() * (mask?[j] ?? 1);
        PerturbationBall.Scale(image, delta * distance / Math.Sqrt(PerturbationBall.SumOfSquares(image)));
        double along = 0;
        for (var j = 0; j < image.Length; j++)
            along += image[j] * (clean[j] - (double)current[j]) / distance;
        for (var j = 0; j < image.Length; j++)
            image[j] = (float)(current[j] + image[j] - along * (clean[j] - (double)current[j]) / distance - clean[j]);
        PerturbationBall.Scale(image, distance / Math.Sqrt(PerturbationBall.SumOfSquares(image)));
        for (var j = 0; j < image.Length; j++)
            image[j] = Math.Clamp(image[j] + clean[j], 0, 1);
    }
}
