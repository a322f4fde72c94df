using System.Numerics.Tensors;

namespace Iml4e.Learning.Linear;

/// <summary>Logistic (two classes) and multinomial (more) regression with an L2 penalty, by Newton's method with conjugate gradients.</summary>
/// <remarks>Nocedal and Wright, "Numerical Optimization", 2nd ed., algorithm 7.1 (line search Newton-CG). The objective is strictly convex in the weights;
/// the intercepts are not penalised (with more than two classes their sum stays at 0).</remarks>
internal sealed class LogisticRegression
{
    private readonly double[][] columns;
    private readonly double[] targets;
    private readonly int logits;
    private readonly double l2;
    private readonly int rows;
    private readonly int block;

    private LogisticRegression(double[][] columns, double[] targets, int classes, double l2)
    {
        (this.columns, this.targets, this.l2) = (columns, targets, l2);
        logits = classes == 2 ? 1 : classes;
        rows = targets.Length;
        block = columns.Length + 1;
    }

    /// <summary>What was fitted. Weights are features × logits, row-major; two classes have one logit (that of class 1).</summary>
    /// <param name="Weights">Features × logits.</param>
    /// <param name="Intercepts">One a logit.</param>
    /// <param name="Iterations">Newton steps taken.</param>
    /// <param name="Gradient">Largest entry of the gradient, divided by the number of rows.</param>
    /// <param name="Converged">Whether that is at most the tolerance.</param>
    internal sealed record Result(double[] Weights, double[] Intercepts, int Iterations, double Gradient, bool Converged);

    public static Result Fit(double[][] columns, double[] targets, int classes, double l2, int maxIterations, double tolerance, Action<double>? progress,
        CancellationToken ct)
    {
        var problem = new LogisticRegression(columns, targets, classes, l2);
        return problem.Minimise(maxIterations, tolerance, progress, ct);
    }

    private Result Minimise(int maxIterations, double tolerance, Action<double>? progress, CancellationToken ct)
    {
        var size = block * logits;
        var point = new double[size];
        var trial = new double[size];
        var gradient = new double[size];
        var step = new double[size];
        var scores = Scores(point);
        var value = Objective(scores, point);
        var iteration = 0;
        var largest = double.PositiveInfinity;
        for (; iteration < maxIterations; iteration++)
        {
            ct.ThrowIfCancellationRequested();
            var probabilities = Probabilities(scores);
            Gradient(probabilities, point, gradient);
            largest = Math.Abs(TensorPrimitives.MaxMagnitude<double>(gradient)) / rows;
            if (largest <= tolerance)
                break;
            NewtonStep(probabilities, gradient, step, ct);
            var slope = TensorPrimitives.Dot<double>(gradient, step);
            var length = 1.0;
            while (true)
            {
                TensorPrimitives.MultiplyAdd(step, length, point, trial);
                var trialScores = Scores(trial);
                var trialValue = Objective(trialScores, trial);
                if (trialValue <= value + (1e-4 * length * slope))
                {
                    (scores, value) = (trialScores, trialValue);
                    trial.CopyTo(point, 0);
                    break;
                }
                length /= 2;
                if (length < 1e-12)
                    // No descent is left in double precision: this is the minimum as far as it can be told.
                    return ToResult(point, iteration, largest, largest <= Math.Max(tolerance, 1e-6));
            }
            progress?.Invoke(Math.Min(0.99, (iteration + 1) / 20.0));
        }
        progress?.Invoke(1);
        return ToResult(point, iteration, largest, largest <= tolerance);
    }

    private Result ToResult(double[] point, int iterations, double gradient, bool converged)
    {
        var weights = new double[columns.Length * logits];
        var intercepts = new double[logits];
        for (var k = 0; k < logits; k++)
        {
            for (var j = 0; j < columns.Length; j++)
                weights[(j * logits) + k] = point[(k * block) + j];
            intercepts[k] = point[(k * block) + columns.Length];
        }
        return new Result(weights, intercepts, iterations, gradient, converged);
    }

    /// <summary>Logits by class: [logit][row].</summary>
    private double[][] Scores(double[] point)
    {
        var scores = new double[logits][];
        for (var k = 0; k < logits; k++)
        {
            scores[k] = new double[rows];
            Array.Fill(scores[k], point[(k * block) + columns.Length]);
            for (var j = 0; j < columns.Length; j++)
                TensorPrimitives.MultiplyAdd(columns[j], point[(k * block) + j], scores[k], scores[k]);
        }
        return scores;
    }

    private double Objective(double[][] scores, double[] point)
    {
        var loss = 0.0;
        for (var r = 0; r < rows; r++)
        {
            if (logits == 1)
            {
                var margin = targets[r] > 0 ? scores[0][r] : -scores[0][r];
                loss += margin > 0 ? Math.Log(1 + Math.Exp(-margin)) : Math.Log(1 + Math.Exp(margin)) - margin;
                continue;
            }
            var top = scores[0][r];
            for (var k = 1; k < logits; k++)
                top = Math.Max(top, scores[k][r]);
            var sum = 0.0;
            for (var k = 0; k < logits; k++)
                sum += Math.Exp(scores[k][r] - top);
            loss += top + Math.Log(sum) - scores[(int)targets[r]][r];
        }
        for (var k = 0; k < logits; k++)
            loss += l2 / 2 * TensorPrimitives.SumOfSquares<double>(point.AsSpan(k * block, columns.Length));
        return loss;
    }

    private double[][] Probabilities(double[][] scores)
    {
        var probabilities = new double[logits][];
        for (var k = 0; k < logits; k++)
            probabilities[k] = new double[rows];
        for (var r = 0; r < rows; r++)
        {
            if (logits == 1)
            {
                probabilities[0][r] = 1 / (1 + Math.Exp(-scores[0][r]));
                continue;
            }
            var top = scores[0][r];
            for (var k = 1; k < logits; k++)
                top = Math.Max(top, scores[k][r]);
            var sum = 0.0;
            for (var k = 0; k < logits; k++)
                sum += probabilities[k][r] = Math.Exp(scores[k][r] - top);
            for (var k = 0; k < logits; k++)
                probabilities[k][r] /= sum;
        }
        return probabilities;
    }

    private void Gradient(double[][] probabilities, double[] point, double[] gradient)
    {
        var residual = new double[rows];
        for (var k = 0; k < logits; k++)
        {
            for (var r = 0; r < rows; r++)
                residual[r] = probabilities[k][r] - (logits == 1 ? targets[r] : targets[r] == k ? 1 : 0);
            Collect(residual, point, k, gradient);
        }
    }

    /// <summary>gradient block k = Xᵀ residual + l2 times the point's weights.</summary>
    private void Collect(double[] residual, double[] point, int k, double[] into)
    {
        for (var j = 0; j < columns.Length; j++)
            into[(k * block) + j] = TensorPrimitives.Dot<double>(columns[j], residual) + (l2 * point[(k * block) + j]);
        into[(k * block) + columns.Length] = TensorPrimitives.Sum<double>(residual);
    }

    /// <summary>Solves H step = -gradient by conjugate gradients, as exactly as the gradient is small.</summary>
    private void NewtonStep(double[][] probabilities, double[] gradient, double[] step, CancellationToken ct)
    {
        Array.Clear(step);
        var residual = new double[gradient.Length];
        TensorPrimitives.Negate<double>(gradient, residual);
        var direction = (double[])residual.Clone();
        var image = new double[gradient.Length];
        var norm = TensorPrimitives.SumOfSquares<double>(residual);
        var start = Math.Sqrt(norm);
        var target = start * Math.Min(0.1, Math.Sqrt(start / rows));
        for (var i = 0; i < Math.Max(50, 2 * gradient.Length) && Math.Sqrt(norm) > target; i++)
        {
            ct.ThrowIfCancellationRequested();
            Curvature(probabilities, direction, image);
            var bend = TensorPrimitives.Dot<double>(direction, image);
            if (bend <= 1e-300)
                break;
            var length = norm / bend;
            TensorPrimitives.MultiplyAdd(direction, length, step, step);
            TensorPrimitives.MultiplyAdd(image, -length, residual, residual);
            var next = TensorPrimitives.SumOfSquares<double>(residual);
            TensorPrimitives.MultiplyAdd(direction, next / norm, residual, direction);
            norm = next;
        }
        if (TensorPrimitives.Dot<double>(step, gradient) >= 0)
            TensorPrimitives.Negate<double>(gradient, step);
    }

    /// <summary>image = H direction.</summary>
    private void Curvature(double[][] probabilities, double[] direction, double[] image)
    {
        var along = Scores(direction);
        if (logits == 1)
        {
            for (var r = 0; r < rows; r++)
                along[0][r] *= probabilities[0][r] * (1 - probabilities[0][r]);
        }
        else
        {
            for (var r = 0; r < rows; r++)
            {
                var mean = 0.0;
                for (var k = 0; k < logits; k++)
                    mean += probabilities[k][r] * along[k][r];
                for (var k = 0; k < logits; k++)
                    along[k][r] = probabilities[k][r] * (along[k][r] - mean);
            }
        }
        for (var k = 0; k < logits; k++)
            Collect(along[k], direction, k, image);
    }
}
