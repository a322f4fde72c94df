namespace Iml4e.Inference.Gradients.Checking;

/// <summary>Whether the gradients of a model are right.</summary>
/// <param name="Coverage">How far the model can be differentiated.</param>
/// <param name="Precision">Precision of the differences: double where all kernels exist in it.</param>
/// <param name="Differences">Slopes along directions, the best step of each.</param>
/// <param name="LinearityError">Largest relative deviation of grad(2·seed) from 2·grad(seed).</param>
/// <param name="ZeroSeedIsZero">Whether a cotangent of zeros gives gradients of exact zeros.</param>
/// <param name="AdjointError">
/// |⟨Ju, v⟩ - ⟨u, Jᵀv⟩| relative to the norms, Ju by differences. For a linear model that is the adjoint identity.
/// </param>
/// <param name="Passed">Whether everything is within its tolerance.</param>
public sealed record GradientCheckReport(
    CoverageReport Coverage, GradPrecision Precision, IReadOnlyList<DirectionalDifference> Differences, double LinearityError, bool ZeroSeedIsZero,
    double AdjointError, bool Passed);
