namespace Iml4e.Assessment.Adversarial.Attacks;

/// <summary>An attack needs what the model does not offer; says what to do instead.</summary>
public sealed class AttackUnsupportedException(string message) : Exception(message);
