namespace Iml4e.Inference.Probing;

/// <summary>A model could not be tried for a reason that is not the model's; later it may be.</summary>
public sealed class ProbeUnavailableException : Exception
{
    /// <summary>A trial that could not be made.</summary>
    public ProbeUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>A trial that could not be made, and why.</summary>
    public ProbeUnavailableException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
