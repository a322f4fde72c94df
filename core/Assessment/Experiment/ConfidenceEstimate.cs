namespace Iml4e.Assessment.Experiment;

/// <summary>One look at a confidence sequence.</summary>
/// <param name="Delta">The estimate.</param>
/// <param name="StandardError">Its standard error.</param>
/// <param name="HalfWidth">Half the width of the two-sided interval; infinite when nothing can be said.</param>
/// <param name="LogE">Natural logarithm of the e-value against "no difference".</param>
/// <param name="P">min(1, 1/E), valid at this look; the caller keeps the running minimum over looks.</param>
/// <param name="OneSidedHalfWidth">Distance from the estimate to the one-sided bound at the same α.</param>
public readonly record struct ConfidenceEstimate(
    double Delta, double StandardError, double HalfWidth, double LogE, double P, double OneSidedHalfWidth)
{
    /// <summary>The lower end of the two-sided interval.</summary>
    public double Low => Delta - HalfWidth;

    /// <summary>The upper end of the two-sided interval.</summary>
    public double High => Delta + HalfWidth;

    /// <summary>The one-sided lower bound, δ − half₁, which non-inferiority is judged by.</summary>
    public double OneSidedLow => Delta - OneSidedHalfWidth;
}
