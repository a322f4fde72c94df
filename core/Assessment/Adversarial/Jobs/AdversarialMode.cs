namespace Iml4e.Assessment.Adversarial.Jobs;

/// <summary>What an adversarial job does.</summary>
public enum AdversarialMode
{
    /// <summary>Makes attacked samples on one model and measures it on them.</summary>
    Create,

    /// <summary>Measures models on samples that an earlier job made.</summary>
    Transfer,

    /// <summary>Makes samples on each source and measures each target on all of them.</summary>
    Matrix,
}
