namespace Iml4e.Assessment.Adversarial.Models;

/// <summary>A model is not what an attack can be run on; the message may be shown to whoever named the model.</summary>
public sealed class UnattackableModelException(string message) : Exception(message);
