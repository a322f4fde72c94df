namespace Iml4e.Inference.Gradients.Checking;

/// <summary>The slope of the loss along a direction, by differences and by the gradient.</summary>
/// <param name="Wrt">What is changed.</param>
/// <param name="Direction">"gradient" for that of the gradient, else "random".</param>
/// <param name="Step">Half the distance of the two points.</param>
/// <param name="Difference">(L(x + hv) - L(x - hv)) / 2h.</param>
/// <param name="Slope">The gradient times the direction.</param>
/// <param name="RelativeError">|Difference - Slope| over the larger of them, and of what a random direction has on average.</param>
/// <param name="Passed">Whether the error is within the tolerance.</param>
public sealed record DirectionalDifference(string Wrt, string Direction, double Step, double Difference, double Slope, double RelativeError, bool Passed);
