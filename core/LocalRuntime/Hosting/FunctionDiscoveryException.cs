namespace Iml4e.LocalRuntime.Hosting;

/// <summary>The app's functions cannot be run as they are written; the message lists every error.</summary>
public sealed class FunctionDiscoveryException : InvalidOperationException
{
    /// <summary>Lists the errors, one a line.</summary>
    public FunctionDiscoveryException(IReadOnlyList<string> errors)
        : base("The functions of this app cannot be run:" + string.Concat((errors ?? []).Select(error => Environment.NewLine + "  - " + error)))
        => Errors = errors ?? [];

    /// <summary>The errors, each naming the function.</summary>
    public IReadOnlyList<string> Errors { get; }
}
