namespace Iml4e.Inference.Images;

/// <summary>The bytes are not an image that can be decoded; the message says why.</summary>
public sealed class InvalidImageException : Exception
{
    /// <summary>A refusal with its reason.</summary>
    public InvalidImageException(string message)
        : base(message)
    {
    }

    /// <summary>A refusal with its reason and what was caught.</summary>
    public InvalidImageException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
