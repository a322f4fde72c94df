namespace Iml4e.Assessment.Validation;

/// <summary>A document that a caller sent is not valid; carries every error with its field path.</summary>
public sealed class DocumentException(IReadOnlyList<ConfigurationError> errors)
    : Exception(string.Join("; ", errors.Select(e => e.Path.Length == 0 ? e.Message : $"{e.Path}: {e.Message}")))
{
    /// <summary>Creates the exception for a single error.</summary>
    public DocumentException(string path, string message)
        : this([new ConfigurationError(path, message)])
    {
    }

    /// <summary>The errors, at least one.</summary>
    public IReadOnlyList<ConfigurationError> Errors { get; } = errors;
}
