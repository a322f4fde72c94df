using System.Globalization;

namespace Iml4e.Learning.BoostedTrees;

/// <summary>Labels for which an objective is defined.</summary>
/// <param name="Least">The least one.</param>
/// <param name="LeastExcluded">Whether the least one is out itself.</param>
/// <param name="Most">The largest one.</param>
/// <param name="Said">The range in words.</param>
internal sealed record LabelRange(double Least, bool LeastExcluded, double Most, string Said)
{
    public static readonly LabelRange Any = new(double.NegativeInfinity, false, double.PositiveInfinity, "any number");

    public static readonly LabelRange AboveMinusOne = new(-1, true, double.PositiveInfinity, "above -1");

    public static readonly LabelRange NotNegative = new(0, false, double.PositiveInfinity, "0 or more");

    public static readonly LabelRange Positive = new(0, true, double.PositiveInfinity, "above 0");

    public static readonly LabelRange Shares = new(0, false, 1, "0 to 1");

    /// <summary>Refuses a label outside the range, by the objective's name.</summary>
    public void Check(string objective, double[] labels)
    {
        foreach (var label in labels)
            if (label < Least || label > Most || (LeastExcluded && label == Least))
                throw new TrainingDataException(
                    "data.label", string.Create(CultureInfo.InvariantCulture, $"{objective} needs labels {Said}; {label} is among them"));
    }
}
