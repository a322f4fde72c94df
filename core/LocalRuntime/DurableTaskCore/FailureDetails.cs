namespace Iml4e.LocalRuntime.DurableTaskCore;

/// <summary>Why a task failed.</summary>
public class FailureDetails(
    string errorType,
    string errorMessage,
    string? stackTrace,
    FailureDetails? innerFailure,
    bool isNonRetriable,
    IDictionary<string, object?>? properties = null)
    : IEquatable<FailureDetails>
{
    /// <summary>The full name of the exception's type.</summary>
    public string ErrorType { get; } = errorType;

    public string ErrorMessage { get; } = errorMessage;

    public string? StackTrace { get; } = stackTrace;

    public FailureDetails? InnerFailure { get; } = innerFailure;

    public bool IsNonRetriable { get; } = isNonRetriable;

    public IDictionary<string, object?>? Properties { get; } = properties;

    public override string ToString() => $"{ErrorType}: {ErrorMessage}";

    public override bool Equals(object? other) => Equals(other as FailureDetails);

    public bool Equals(FailureDetails? other) =>
        other is not null && ErrorType == other.ErrorType && ErrorMessage == other.ErrorMessage && StackTrace == other.StackTrace
        && Equals(InnerFailure, other.InnerFailure);

    public override int GetHashCode() => HashCode.Combine(ErrorType, ErrorMessage, StackTrace, InnerFailure);
}
