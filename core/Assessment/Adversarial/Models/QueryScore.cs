namespace Iml4e.Assessment.Adversarial.Models;

/// <summary>What a black-box attack is told of an image; the attacker lowers it.</summary>
public enum QueryScore
{
    /// <summary>Probability of the label; with a target, the negative one of the target.</summary>
    Probability,

    /// <summary>z_y - max z_other; with a target, max z_other - z_t.</summary>
    Margin,

    /// <summary>0 where the goal is reached, 1 elsewhere: the decision alone.</summary>
    Decision,
}
