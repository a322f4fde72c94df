namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>
/// The L2 attack of Carlini and Wagner (2017): minimises |x' - x|² + c·max(margin + κ, 0) over w with x' = (tanh w + 1) / 2, by Adam, and searches the weight c
/// that just suffices, sample by sample. Gives the smallest change that fools.
/// </summary>
/// <remarks>
/// Each descent begins where the one before it last fooled, or ended, and not at the sample: pixels at the ends of their range, where tanh is flat, come far
/// enough in few iterations. A weight suffices when the descent ends on the far side.
/// </remarks>
public sealed class CarliniWagnerAttack(CarliniWagnerOptions options) : IAttack
{
    private const double Smoother = 0.999999;
    private const float LargestWeight = 1e10f;
    private const int Patience = 20;
    private const double LeastProgress = 1e-4;

    /// <inheritdoc/>
    public AttackOutcome Run(IAttackSubject subject, AttackBatch batch, CancellationToken ct)
    {
        using var objective = subject.Raise(Models.AttackLoss.Margin, options.Confidence);
        var outcome = new AttackOutcome(batch.Count, batch.Size);
        var all = Enumerable.Range(0, batch.Count).ToArray();
        var gradients = new float[batch.Clean.Length];
        objective.Evaluate(batch.Clean, all, outcome.LossBefore, gradients, outcome.Fooled, ct);
        batch.Clean.CopyTo(outcome.Images, 0);
        var starts = (float[])batch.Clean.Clone();
        outcome.LossBefore.CopyTo(outcome.LossAfter, 0);
        var weights = new float[batch.Count];
        var lower = new float[batch.Count];
        var upper = new float[batch.Count];
        var distances = new double[batch.Count];
        Array.Fill(weights, options.FirstWeight);
        Array.Fill(upper, LargestWeight);
        for (var i = 0; i < batch.Count; i++)
            distances[i] = outcome.Fooled[i] ? 0 : double.PositiveInfinity;
        // What errs already needs no change.
        int[] open = [.. all.Where(i => !outcome.Fooled[i])];
        for (var step = 0; step < options.BinarySteps && open.Length > 0; step++)
        {
            var won = Descend(objective, batch, open, weights, starts, outcome, distances, gradients, ct);
            for (var a = 0; a < open.Length; a++)
            {
                var i = open[a];
                if (won[a])
                    (upper[i], weights[i]) = (Math.Min(upper[i], weights[i]), (lower[i] + Math.Min(upper[i], weights[i])) / 2);
                else
                    (lower[i], weights[i]) = (Math.Max(lower[i], weights[i]), upper[i] < LargestWeight ? (Math.Max(lower[i], weights[i]) + upper[i]) / 2
                        : weights[i] * 2);
            }

            open = [.. open.Where(i => weights[i] < LargestWeight)];
        }

        return outcome;
    }

    private bool[] Descend(
        IGradientObjective objective, AttackBatch batch, int[] open, float[] weights, float[] starts, AttackOutcome outcome, double[] distances,
        float[] gradients, CancellationToken ct)
    {
        var size = batch.Size;
        var adam = new Adam(open.Length * size, options.LearningRate);
        var w = new double[open.Length * size];
        for (var a = 0; a < open.Length; a++)
        {
            var start = starts.AsSpan(open[a] * size, size);
            for (var j = 0; j < size; j++)
                w[a * size + j] = Math.Atanh((2.0 * start[j] - 1) * Smoother);
        }

        var won = new bool[open.Length];
        var (best, since) = (new double[open.Length], new int[open.Length]);
        Array.Fill(best, double.PositiveInfinity);
        var active = Enumerable.Range(0, open.Length).ToArray();
        var (images, losses, fooled) = (new float[open.Length * size], new float[open.Length], new bool[open.Length]);
        var tangents = new double[size];
        for (var step = 1; step <= options.Iterations && active.Length > 0; step++)
        {
            for (var n = 0; n < active.Length; n++)
            {
                var clean = batch.Image(open[active[n]]);
                for (var j = 0; j < size; j++)
                    images[n * size + j] = batch.Mask is { } m && m[j] == 0 ? clean[j] : (float)((Math.Tanh(w[active[n] * size + j]) + 1) / 2);
            }

            var samples = Array.ConvertAll(active, a => open[a]);
            objective.Evaluate(images.AsSpan(0, active.Length * size), samples, losses, gradients, fooled, ct);
            for (var n = 0; n < active.Length; n++)
            {
                var (a, i) = (active[n], samples[n]);
                var image = images.AsSpan(n * size, size);
                var clean = batch.Image(i);
                var squared = Math.Pow(Threat.PerturbationBall.Measure(Threat.PerturbationNorm.L2, clean, image), 2);
                outcome.Iterations[i]++;
                won[a] = fooled[n];
                if (fooled[n] && squared < distances[i])
                {
                    distances[i] = squared;
                    image.CopyTo(outcome.Image(i));
                    (outcome.Fooled[i], outcome.LossAfter[i]) = (true, losses[n]);
                }

                if (fooled[n] || !outcome.Fooled[i])
                    image.CopyTo(starts.AsSpan(i * size, size));

                var total = squared - weights[i] * losses[n];
                if (total < best[a] * (1 - LeastProgress) || double.IsPositiveInfinity(best[a]))
                    (best[a], since[a]) = (total, 0);
                else
                    since[a]++;
                for (var j = 0; j < size; j++)
                {
                    var t = 2.0 * image[j] - 1;
                    var mask = batch.Mask is { } m ? m[j] : 1;
                    tangents[j] = (2.0 * (image[j] - clean[j]) - weights[i] * (double)gradients[n * size + j]) * 0.5 * (1 - t * t) * mask;
                }

                adam.Step(w, tangents, a * size, step);
            }

            active = [.. active.Where(a => since[a] < Patience)];
        }

        return won;
    }
}
