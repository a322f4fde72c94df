using Iml4e.Assessment.Adversarial.Models;

namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>A model with the labels of a batch: what attacks are run against.</summary>
public interface IAttackSubject
{
    /// <summary>What was asked for this batch, whoever else uses the model.</summary>
    GradientCounters Counters { get; }

    /// <summary>What to raise, with gradients.</summary>
    /// <param name="loss">Which loss; <see cref="AttackLoss.Default"/> is the subject's own choice.</param>
    /// <param name="confidence">κ of <see cref="AttackLoss.Margin"/>.</param>
    /// <exception cref="AttackUnsupportedException">The subject has no such loss.</exception>
    IGradientObjective Raise(AttackLoss loss = AttackLoss.Default, float confidence = 0);

    /// <summary>What to lower, by queries alone.</summary>
    /// <exception cref="AttackUnsupportedException">The subject cannot be asked that.</exception>
    IQueryObjective Lower(QueryScore score);

    /// <summary>Gradients of classes.</summary>
    /// <exception cref="AttackUnsupportedException">The subject has no classes of whole images.</exception>
    IClassJacobian Jacobian();

    /// <summary>For each sample, the classes an attack without target would turn it to, likeliest first.</summary>
    /// <exception cref="AttackUnsupportedException">The subject has no classes of whole images.</exception>
    int[][] RankOtherClasses(AttackBatch batch, CancellationToken ct);

    /// <summary>The same with a target class for each sample.</summary>
    /// <exception cref="AttackUnsupportedException">The subject has no classes of whole images.</exception>
    IAttackSubject Towards(IReadOnlyList<int> targets);

    /// <summary>Class that the goal is judged by, of each sample: its label, or its target.</summary>
    int Label(int sample);
}
