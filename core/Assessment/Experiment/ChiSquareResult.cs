using MathNet.Numerics;

namespace Iml4e.Assessment.Experiment;

/// <summary>The outcome of a χ² test.</summary>
/// <param name="Statistic">χ².</param>
/// <param name="DegreesOfFreedom">At least 1.</param>
/// <param name="P">The upper tail probability.</param>
public readonly record struct ChiSquareResult(double Statistic, int DegreesOfFreedom, double P)
{
    internal static ChiSquareResult Of(double statistic, int degrees) =>
        new(statistic, degrees, statistic <= 0 ? 1 : SpecialFunctions.GammaUpperRegularized(degrees / 2.0, statistic / 2));
}
