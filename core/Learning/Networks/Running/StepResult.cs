namespace Iml4e.Learning.Networks;

/// <summary>What came of one batch.</summary>
/// <param name="Loss">Its loss.</param>
/// <param name="Norm">Norm of the gradients; of several batches' after the last of them, else 0.</param>
/// <param name="Stepped">Whether the parameters were changed.</param>
internal readonly record struct StepResult(double Loss, double Norm, bool Stepped)
{
    /// <summary>Whether loss and gradients are numbers.</summary>
    internal bool IsFinite => double.IsFinite(Loss) && double.IsFinite(Norm);
}
