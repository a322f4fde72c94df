namespace Iml4e.Inference.Gradients;

/// <summary>The number of dimensions of a tensor could not be found out.</summary>
public sealed class RankUnknownException : GradientException
{
    /// <summary>A tensor whose rank is unknown.</summary>
    /// <param name="tensor">Name of the tensor.</param>
    /// <param name="reason">Why, and what to do.</param>
    public RankUnknownException(string tensor, string reason)
        : base($"the shape of {PublicText.Name(tensor)} cannot be found out: {reason}") => Tensor = tensor;

    /// <summary>A tensor whose rank is unknown because a trial run failed.</summary>
    public RankUnknownException(string tensor, string reason, Exception inner)
        : base($"the shape of {PublicText.Name(tensor)} cannot be found out: {reason}", inner) => Tensor = tensor;

    /// <summary>Name of the tensor.</summary>
    public string Tensor { get; }
}
