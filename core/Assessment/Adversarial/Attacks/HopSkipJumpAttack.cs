using System.Numerics.Tensors;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Assessment.Adversarial.Threat;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>
/// HopSkipJump (Chen et al., 2020): by decisions alone. Walks along the boundary: estimates its direction from the decisions on random noise, goes a step, and
/// comes back to the boundary by halving the way to the clean image. Gives a small change that fools.
/// </summary>
public sealed class HopSkipJumpAttack(HopSkipJumpOptions options) : IAttack
{
    /// <inheritdoc/>
    public AttackOutcome Run(IAttackSubject subject, AttackBatch batch, CancellationToken ct)
    {
        using var board = new QueryBoard(subject, QueryScore.Decision, batch, options.MaxQueries, ct);
        foreach (var i in board.Active.ToArray())
        {
            var random = new SampleRandom(batch.Keys[i], 400);
            if (RandomFooling.Find(board, i, batch, options.StartTries, ref random) is { } start)
                new Walk(options, board, batch, i, start).Run(ref random);
        }

        return board.Outcome;
    }

    /// <summary>The walk of one sample.</summary>
    private sealed class Walk(HopSkipJumpOptions options, QueryBoard board, AttackBatch batch, int sample, float[] current)
    {
        private readonly bool _euclidean = options.Norm == PerturbationNorm.L2;
        private readonly float[] _clean = batch.Image(sample).ToArray();
        private readonly double _theta = options.Norm == PerturbationNorm.L2 ? 0.01 / Math.Sqrt(batch.Size) : 0.01 / batch.Size;

        internal void Run(ref SampleRandom random)
        {
            board.Take(sample, current, 0, fooled: true);
            for (var t = 0; t < options.Iterations && board.Left(sample) > 0; t++)
            {
                var delta = t == 0 ? 0.1 : (_euclidean ? Math.Sqrt(batch.Size) : batch.Size) * _theta * Distance(current);
                if (!Halve())
                    return;
                var direction = Estimate(delta, (int)Math.Min(options.FirstEvaluations * Math.Sqrt(t + 1), options.MaxEvaluations), ref random);
                if (direction is null || !Jump(direction, Distance(current) / Math.Sqrt(t + 1)))
                    return;
                board.Outcome.Iterations[sample]++;
            }

            Halve();
        }

        private double Distance(float[] image) => PerturbationBall.Measure(options.Norm, _clean, image);

        private bool? IsFooled(float[] image)
        {
            Span<float> score = stackalloc float[1];
            Span<bool> fooled = stackalloc bool[1];
            return board.Ask(sample, image, score, fooled) == 0 ? null : fooled[0];
        }

        // Comes as near to the clean image as it can on the straight way.
        private bool Halve()
        {
            var far = current;
            var (low, high, tolerance) = (0.0, _euclidean ? 1.0 : Distance(far), _euclidean ? _theta : Math.Min(Distance(far) * _theta, _theta));
            while (high - low > tolerance)
            {
                var middle = (low + high) / 2;
                var image = Between(far, middle);
                if (IsFooled(image) is not { } fooled)
                    return false;
                if (fooled)
                    (high, current) = (middle, image);
                else
                    low = middle;
                if (middle == low && middle == high)
                    break;
            }

            if (Distance(current) < Distance(board.Outcome.Image(sample).ToArray()))
                board.Take(sample, current, 0, fooled: true);
            return true;
        }

        private float[] Between(float[] far, double at)
        {
            var image = new float[far.Length];
            for (var j = 0; j < image.Length; j++)
            {
                image[j] = _euclidean
                    ? (float)(_clean[j] + at * (far[j] - (double)_clean[j]))
                    : (float)Math.Clamp(far[j], _clean[j] - at, _clean[j] + at);
            }

            return image;
        }

        private float[]? Estimate(double delta, int evaluations, ref SampleRandom random)
        {
            var size = batch.Size;
            var chunk = Math.Max(1, Math.Min(evaluations, 8_000_000 / size));
            var (noise, images) = (new float[chunk * size], new float[chunk * size]);
            var (scores, fooled) = (new float[chunk], new bool[chunk]);
            var (sum, signed, count, yes) = (new double[size], new double[size], 0, 0);
            while (count < evaluations)
            {
                var wanted = Math.Min(chunk, evaluations - count);
                for (var n = 0; n < wanted; n++)
                    Noise(noise.AsSpan(n * size, size), images.AsSpan(n * size, size), delta, ref random);
                var asked = board.Ask(sample, images.AsSpan(0, wanted * size), scores, fooled);
                for (var n = 0; n < asked; n++)
                {
                    yes += fooled[n] ? 1 : 0;
                    for (var j = 0; j < size; j++)
                    {
                        sum[j] += noise[n * size + j];
                        signed[j] += fooled[n] ? noise[n * size + j] : -noise[n * size + j];
                    }
                }

                count += asked;
                if (asked < wanted)
                    return null;
            }

            // The mean decision is a baseline, unless all decide alike.
            var mean = yes == 0 || yes == count ? 0 : (2.0 * yes - count) / count;
            var direction = new float[size];
            for (var j = 0; j < size; j++)
                direction[j] = (float)((signed[j] - mean * sum[j]) / count);
            PerturbationBall.Direct(options.Norm, direction);
            return direction;
        }

        private void Noise(Span<float> noise, Span<float> image, double delta, ref SampleRandom random)
        {
            for (var j = 0; j < noise.Length; j++)
                noise[j] = (_euclidean ? (float)random.NextGaussian() : random.NextFloat(-1, 1)) * (batch.Mask?[j] ?? 1);
            PerturbationBall.Scale(noise, 1 / Math.Sqrt(PerturbationBall.SumOfSquares(noise)));
            for (var j = 0; j < noise.Length; j++)
            {
                image[j] = Math.Clamp((float)(current[j] + delta * noise[j]), 0, 1);
                noise[j] = (float)((image[j] - current[j]) / delta);
            }
        }

        private bool Jump(float[] direction, double step)
        {
            var image = new float[current.Length];
            for (var halvings = 0; halvings < 60; halvings++, step /= 2)
            {
                TensorPrimitives.MultiplyAdd(direction, (float)step, current, image);
                PerturbationBall.Unit(image);
                if (IsFooled(image) is not { } fooled)
                    return false;
                if (!fooled)
                    continue;
                current = image;
                return true;
            }

            return true;
        }
    }
}
