namespace Iml4e.Assessment.Adversarial.Scores;

/// <summary>How a classifier fares under an attack.</summary>
/// <param name="Count">Number of samples.</param>
/// <param name="CleanAccuracy">Part that it gets right when clean.</param>
/// <param name="RobustAccuracy">Part that it gets right when attacked; what is wrong when clean counts as wrong.</param>
/// <param name="SuccessRate">Part, of those right when clean, for which the attack succeeds; null where there is none.</param>
public sealed record AttackScore(int Count, double CleanAccuracy, double RobustAccuracy, double? SuccessRate)
{
    /// <summary>Measures.</summary>
    /// <param name="labels">True classes.</param>
    /// <param name="clean">Classes said of the clean samples.</param>
    /// <param name="attacked">Classes said of the attacked samples.</param>
    /// <param name="targets">Classes that the attacker was after; null = any other.</param>
    public static AttackScore Of(IReadOnlyList<int> labels, IReadOnlyList<int> clean, IReadOnlyList<int> attacked, IReadOnlyList<int>? targets = null)
    {
        ArgumentNullException.ThrowIfNull(labels);
        var (right, robust, success) = (0, 0, 0);
        for (var i = 0; i < labels.Count; i++)
        {
            if (clean[i] != labels[i])
                continue;
            right++;
            robust += attacked[i] == labels[i] ? 1 : 0;
            success += (targets is null ? attacked[i] != labels[i] : attacked[i] == targets[i]) ? 1 : 0;
        }

        return new AttackScore(
            labels.Count, Part(right, labels.Count), Part(robust, labels.Count), right == 0 ? null : (double)success / right);
    }

    private static double Part(int count, int all) => all == 0 ? 0 : (double)count / all;
}
