namespace Iml4e.Assessment.Adversarial.Threat;

/// <summary>How the size of a perturbation is measured.</summary>
public enum PerturbationNorm
{
    /// <summary>linf: the largest change of a value.</summary>
    Linf,

    /// <summary>l2: the Euclidean length.</summary>
    L2,

    /// <summary>l1: the sum of all changes.</summary>
    L1,
}
