namespace Iml4e.Functions.Tracking;

/// <summary>The tracking server did not do what was asked.</summary>
/// <param name="message">What it said.</param>
/// <param name="isPassing">Whether another try may help.</param>
/// <param name="inner">What went wrong underneath.</param>
internal sealed class MlflowException(string message, bool isPassing, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether another try may help: the server is away, busy or in trouble.</summary>
    public bool IsPassing { get; } = isPassing;
}
