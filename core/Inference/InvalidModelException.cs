namespace Iml4e.Inference;

/// <summary>The bytes are not a model that can be served; the message says why, in words that may be shown to whoever sent them.</summary>
public sealed class InvalidModelException : Exception
{
    /// <summary>A refusal with its reason.</summary>
    public InvalidModelException(string message)
        : base(message)
    {
    }

    /// <summary>A refusal with its reason and what was caught.</summary>
    public InvalidModelException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
