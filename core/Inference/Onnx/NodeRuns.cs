namespace Iml4e.Inference.Onnx;

/// <summary>How many nodes a prediction runs, as far as the file alone tells.</summary>
/// <param name="Least">At least so many.</param>
/// <param name="Most">At most so many; infinite when that depends on what comes in.</param>
internal readonly record struct NodeRuns(double Least, double Most)
{
    /// <summary>One node after the other.</summary>
    public static NodeRuns operator +(NodeRuns left, NodeRuns right) => new(left.Least + right.Least, left.Most + right.Most);

    /// <summary>Rounds of a loop.</summary>
    public static NodeRuns operator *(NodeRuns rounds, NodeRuns body) => new(Times(rounds.Least, body.Least), Times(rounds.Most, body.Most));

    /// <summary>The one or the other.</summary>
    public static NodeRuns Either(NodeRuns left, NodeRuns right) => new(Math.Min(left.Least, right.Least), Math.Max(left.Most, right.Most));

    private static double Times(double left, double right) => left == 0 || right == 0 ? 0 : left * right;
}
