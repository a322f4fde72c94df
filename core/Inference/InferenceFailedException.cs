namespace Iml4e.Inference;

/// <summary>ONNX Runtime could not finish a run; the message is fit to be shown.</summary>
public sealed class InferenceFailedException : Exception
{
    /// <summary>A failed run.</summary>
    public InferenceFailedException(string message, bool invalidInput, Exception? inner)
        : base(message, inner)
    {
        InvalidInput = invalidInput;
    }

    /// <summary>The runtime blames the input (its shape, for instance) rather than itself.</summary>
    public bool InvalidInput { get; }
}
