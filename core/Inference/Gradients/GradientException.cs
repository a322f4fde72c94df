namespace Iml4e.Inference.Gradients;

/// <summary>A gradient graph cannot be built; the message may be shown to whoever sent model and request.</summary>
public class GradientException : Exception
{
    /// <summary>A refusal with its reason.</summary>
    public GradientException(string message)
        : base(message)
    {
    }

    /// <summary>A refusal with its reason and what was caught.</summary>
    public GradientException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
