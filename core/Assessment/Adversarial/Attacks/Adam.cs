namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>Adam (Kingma and Ba, 2015) on parts of one long vector.</summary>
internal sealed class Adam(int size, double learningRate)
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Tiny = 1e-8;
    private readonly double[] _mean = new double[size];
    private readonly double[] _square = new double[size];

    /// <summary>Goes one step down on the part that begins at an offset.</summary>
    /// <param name="values">The whole vector.</param>
    /// <param name="gradient">Gradient of the part.</param>
    /// <param name="offset">Where the part begins.</param>
    /// <param name="step">Number of this step for the part, from 1.</param>
    internal void Step(Span<double> values, ReadOnlySpan<double> gradient, int offset, int step)
    {
        var rate = learningRate * Math.Sqrt(1 - Math.Pow(Beta2, step)) / (1 - Math.Pow(Beta1, step));
        for (var j = 0; j < gradient.Length; j++)
        {
            var (g, at) = (gradient[j], offset + j);
            _mean[at] = Beta1 * _mean[at] + (1 - Beta1) * g;
            _square[at] = Beta2 * _square[at] + (1 - Beta2) * g * g;
            values[at] -= rate * _mean[at] / (Math.Sqrt(_square[at]) + Tiny);
        }
    }
}
