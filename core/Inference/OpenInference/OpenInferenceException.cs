namespace Iml4e.Inference.OpenInference;

/// <summary>A request that the protocol refuses; the message goes back as <c>{"error": message}</c>.</summary>
public sealed class OpenInferenceException : Exception
{
    /// <summary>A refusal.</summary>
    /// <param name="status">HTTP status: 400 for what is wrong with the request, 413 for what is too large.</param>
    /// <param name="message">What is wrong, naming the tensor.</param>
    public OpenInferenceException(int status, string message)
        : base(message) => Status = status;

    /// <summary>HTTP status.</summary>
    public int Status { get; }
}
