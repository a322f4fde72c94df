using Iml4e.Assessment;
using Iml4e.Assessment.Validation;

namespace Iml4e.Functions.Http;

/// <summary>A request that cannot be answered as asked; becomes RFC 9457 problem details with the given status.</summary>
internal sealed class ApiException(int status, string code, string detail, IReadOnlyList<ConfigurationError>? errors = null) : Exception(detail)
{
    /// <summary>HTTP status, 400..599.</summary>
    public int Status { get; } = status;

    /// <summary>Stable machine-readable code, such as <c>model.unknown</c>.</summary>
    public string Code { get; } = code;

    /// <summary>Field errors; empty when the request as a whole is wrong.</summary>
    public IReadOnlyList<ConfigurationError> Errors { get; } = errors ?? [];

    /// <summary>Seconds after which a retry makes sense; null when it does not.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>404 for something that is not there.</summary>
    public static ApiException NotFound(string kind, string name) => new(404, kind + ".unknown", $"There is no {kind} '{name}'.");

    /// <summary>400 for a single field.</summary>
    public static ApiException Invalid(string path, string message) =>
        new(400, "request.invalid", "The request is not valid.", [new ConfigurationError(path, message)]);
}
