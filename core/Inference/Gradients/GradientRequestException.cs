namespace Iml4e.Inference.Gradients;

/// <summary>The request does not fit the model: an unknown tensor, one of integers, a loss without its target.</summary>
/// <param name="field">Field of the request, such as <c>wrt</c>.</param>
/// <param name="message">What is wrong and what would be right.</param>
public sealed class GradientRequestException(string field, string message) : GradientException(message)
{
    /// <summary>Field of the request, such as <c>wrt</c>.</summary>
    public string Field { get; } = field;
}
