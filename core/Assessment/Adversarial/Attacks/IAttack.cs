namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>A way to change images so that a model errs.</summary>
public interface IAttack
{
    /// <summary>Attacks a batch.</summary>
    /// <param name="subject">The model with the labels of the batch.</param>
    /// <param name="batch">The images.</param>
    /// <param name="ct">Ends the attack.</param>
    /// <exception cref="AttackUnsupportedException">The subject does not offer what the attack needs.</exception>
    AttackOutcome Run(IAttackSubject subject, AttackBatch batch, CancellationToken ct);
}
