using MathNet.Numerics;
using MathNet.Numerics.Distributions;

namespace Iml4e.Assessment.Experiment;

/// <summary>
/// A two-sided, symmetric group-sequential test: its bounds at looks whose information need not be known beforehand, and estimates that allow for the looks.
/// </summary>
/// <remarks>
/// The density of the statistic on the continuation region is carried from look to look by numerical integration (Armitage, McPherson and Rowe, 1969;
/// Jennison and Turnbull, "Group Sequential Methods", chapter 19) and the bound of each look is where the error spent is that of the spending function
/// (Lan and DeMets, 1983). Estimates order the outcomes by the stage at which they stopped (Tsiatis, Rosner and Mehta, 1984). Under a drift the density is
/// that without one times the likelihood ratio, so that it is integrated once.
/// </remarks>
/// <example><c>var test = new GroupSequentialTest(); double first = test.Add(0.25, GroupSequentialTest.Spend(SpendingFunction.Pocock, 0.25, 0.05));</c></example>
public sealed class GroupSequentialTest
{
    /// <summary>The largest bound; beyond it there is no probability to speak of.</summary>
    public const double LargestBound = 8;

    private const int Intervals = 2000;

    private readonly List<double> _information = [];
    private readonly List<double> _bounds = [];
    private readonly List<double[]> _densities = [];
    private double _spent;

    /// <summary>Looks so far.</summary>
    public int Looks => _bounds.Count;

    /// <summary>The newest look's bound on |z|; <see cref="LargestBound"/> before the first.</summary>
    public double Bound => Looks == 0 ? LargestBound : _bounds[^1];

    /// <summary>The error spent by the information fraction <paramref name="t"/>, both sides together.</summary>
    /// <param name="function">How it is spent.</param>
    /// <param name="t">Information fraction; from 1 on all is spent.</param>
    /// <param name="alpha">The whole error, in (0, 0.5).</param>
    public static double Spend(SpendingFunction function, double t, double alpha)
    {
        if (!(alpha is > 0 and < 0.5))
            throw new ArgumentOutOfRangeException(nameof(alpha), alpha, "alpha must lie in (0, 0.5).");
        if (!(t > 0))
            return 0;
        if (t >= 1)
            return alpha;
        return function == SpendingFunction.Pocock
            ? alpha * Math.Log(1 + (Math.E - 1) * t)
            : 4 * Tail(Normal.InvCDF(0, 1, 1 - alpha / 4) / Math.Sqrt(t));
    }

    /// <summary>The bounds at planned information fractions.</summary>
    public static IReadOnlyList<double> Bounds(SpendingFunction function, IReadOnlyList<double> fractions, double alpha)
    {
        ArgumentNullException.ThrowIfNull(fractions);
        var test = new GroupSequentialTest();
        return [.. fractions.Select(t => test.Add(t, Spend(function, t, alpha)))];
    }

    /// <summary>Adds a look and gives its bound on |z|.</summary>
    /// <param name="information">Information at the look, in any unit, more than at the look before.</param>
    /// <param name="spent">Error spent up to and with this look, both sides together; not less than before.</param>
    public double Add(double information, double spent)
    {
        if (!double.IsFinite(information) || !(information > (Looks == 0 ? 0 : _information[^1])))
            throw new ArgumentOutOfRangeException(nameof(information), information, "The information must grow from look to look.");
        if (!(spent >= _spent && spent < 1))
            throw new ArgumentOutOfRangeException(nameof(spent), spent, "The error spent must not shrink, and stay below 1.");
        if (Looks > 0)
            _densities.Add(Density());
        _information.Add(information);
        var side = (spent - _spent) / 2;
        _spent = spent;
        _bounds.Add(LargestBound);
        double low = 0, high = LargestBound;
        if (Upper(Looks - 1, high, 0) < side)
        {
            for (var i = 0; i < 44; i++)
            {
                var middle = (low + high) / 2;
                if (Upper(Looks - 1, middle, 0) > side)
                    low = middle;
                else
                    high = middle;
            }
        }
        return _bounds[^1] = high;
    }

    /// <summary>The estimate after the analysis stopped at the newest look.</summary>
    /// <param name="z">The statistic there.</param>
    /// <param name="standardError">The standard error of the estimate there; positive.</param>
    /// <param name="alpha">One less the interval's coverage.</param>
    public AdjustedEstimate Adjust(double z, double standardError, double alpha)
    {
        if (Looks == 0)
            throw new InvalidOperationException("There was no look yet.");
        // Outcomes are ordered from above; one that stopped below is its own mirror image.
        if (z <= -_bounds[^1])
        {
            var mirrored = Adjust(-z, standardError, alpha);
            return new AdjustedEstimate(-mirrored.Delta, -mirrored.High, -mirrored.Low, mirrored.P);
        }
        var unit = standardError * Math.Sqrt(_information[^1]);
        var p = AtLeast(z, 0);
        return new AdjustedEstimate(
            unit * Drift(z, 0.5), unit * Drift(z, alpha / 2), unit * Drift(z, 1 - alpha / 2), Math.Clamp(2 * Math.Min(p, 1 - p), 0, 1));
    }

    /// <summary>The drift (mean of the statistic per root of information) under which an outcome at least as high as z has the given probability.</summary>
    private double Drift(double z, double probability)
    {
        var reach = (Math.Abs(z) + LargestBound) / Math.Sqrt(_information[0]);
        double low = -reach, high = reach;
        for (var i = 0; i < 44; i++)
        {
            var middle = (low + high) / 2;
            if (AtLeast(z, middle) < probability)
                low = middle;
            else
                high = middle;
        }
        return (low + high) / 2;
    }

    /// <summary>The probability of an outcome at least as high as stopping at the newest look with a statistic of z, above its lower bound.</summary>
    internal double AtLeast(double z, double drift)
    {
        var sum = Upper(Looks - 1, z, drift);
        for (var look = 0; look < Looks - 1; look++)
            sum += Upper(look, _bounds[look], drift);
        return sum;
    }

    /// <summary>The probability to go on until a look and to have a statistic of at least z there.</summary>
    private double Upper(int look, double z, double drift)
    {
        var root = Math.Sqrt(_information[look]);
        if (look == 0)
            return Tail(z - drift * root);
        var (before, grown) = (_information[look - 1], _information[look] - _information[look - 1]);
        var (rootBefore, rootGrown) = (Math.Sqrt(before), Math.Sqrt(grown));
        var (density, bound) = (_densities[look - 1], _bounds[look - 1]);
        var sum = 0.0;
        for (var i = 0; i <= Intervals; i++)
        {
            var x = Node(bound, i);
            var ratio = drift == 0 ? 1 : Math.Exp(drift * rootBefore * x - drift * drift * before / 2);
            sum += density[i] * ratio * Tail((z * root - x * rootBefore - drift * grown) / rootGrown);
        }
        return sum;
    }

    /// <summary>
    /// The density of the newest look's statistic within its bounds, without drift, at the nodes of Simpson's rule and times their weights; it is symmetric.
    /// </summary>
    private double[] Density()
    {
        var (look, bound) = (Looks - 1, _bounds[^1]);
        var density = new double[Intervals + 1];
        var root = Math.Sqrt(_information[look]);
        var rootBefore = look == 0 ? 0 : Math.Sqrt(_information[look - 1]);
        var rootGrown = look == 0 ? 1 : Math.Sqrt(_information[look] - _information[look - 1]);
        for (var i = 0; i <= Intervals / 2; i++)
        {
            var z = Node(bound, i);
            var value = 0.0;
            if (look == 0)
                value = Normal.PDF(0, 1, z);
            else
            {
                var (before, boundBefore) = (_densities[look - 1], _bounds[look - 1]);
                for (var j = 0; j <= Intervals; j++)
                {
                    var u = (z * root - Node(boundBefore, j) * rootBefore) / rootGrown;
                    if (Math.Abs(u) < 9)
                        value += before[j] * Math.Exp(-u * u / 2);
                }
                value *= root / rootGrown / Math.Sqrt(2 * Math.PI);
            }
            density[i] = density[Intervals - i] = Weight(bound, i) * value;
        }
        return density;
    }

    private static double Node(double bound, int i) => bound * (2.0 * i / Intervals - 1);

    // Simpson's rule.
    private static double Weight(double bound, int i) =>
        2 * bound / Intervals / 3 * (i is 0 or Intervals ? 1 : i % 2 == 1 ? 4 : 2);

    private static double Tail(double x) => 0.5 * SpecialFunctions.Erfc(x / Math.Sqrt(2));
}
