namespace Iml4e.Inference.Gradients;

/// <summary>Nothing differentiable leads from a tensor to the seed.</summary>
/// <param name="wrt">Name of the tensor.</param>
/// <param name="reason">Where the way ends, and what to do.</param>
public sealed class NoGradientPathException(string wrt, string reason)
    : GradientException($"no gradient reaches {PublicText.Name(wrt)}: {reason}")
{
    /// <summary>Name of the tensor.</summary>
    public string Wrt { get; } = wrt;
}
