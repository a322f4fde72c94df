using System.Text.Json;
using Iml4e.Assessment;
using Iml4e.Assessment.Validation;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Iml4e.Functions.Http;

/// <summary>Problem details (RFC 9457) with the field's path and what would be right.</summary>
internal sealed record Problem(string Type, string Title, int Status, string Detail, string? Code, IReadOnlyList<ConfigurationError>? Errors)
{
    /// <summary>Makes the HTTP answer for an exception that a caller caused; null when the exception is not the caller's doing.</summary>
    public static IResult? For(Exception exception) => exception switch
    {
        ApiException e => Result(e.Status, e.Code, e.Message, e.Errors, e.RetryAfter),
        DocumentException e => Result(400, "document.invalid", "The document is not valid.", e.Errors),
        Assessment.Jobs.JobInputException e => Result(400, "job.input", "The request names something that cannot be used.", [new(e.Path, e.Detail)]),
        Learning.TrainingDataException e => Result(400, "data.invalid", "The data cannot be used.", [new(e.Path, e.Detail)]),
        Catalog.CatalogArgumentException e => Result(400, "name.invalid", e.Message, [new(e.Path, e.Message)]),
        Catalog.CatalogNotFoundException e => Result(404, "catalog.unknown", e.Message),
        Catalog.DigestMismatchException => Damaged("A file that the answer needs is damaged."),
        Catalog.DocumentDamagedException e => Result(503, "document.damaged", $"{char.ToUpperInvariant(e.Message[0])}{e.Message[1..]}."),
        Catalog.CatalogUnavailableException => Result(503, "storage.unavailable", "The storage did not answer in time; try again.", retryAfter: 2),
        Catalog.AliasConflictException e => Result(409, "alias.conflict", e.Message),
        Catalog.CatalogConflictException e => Result(409, "catalog.conflict", e.Message, retryAfter: 1),
        Inference.InvalidModelException e => Result(400, "model.invalid", e.Message, [new("body", e.Message)]),
        Inference.Probing.ProbeUnavailableException e => Result(503, "model.untried", $"The model cannot be tried now: {e.Message}.", retryAfter: 5),
        BadHttpRequestException e => Result(e.StatusCode, "request.invalid", "The HTTP request is not valid."),
        JsonException => Result(400, "json.invalid", "The body is not valid JSON."),
        _ => null,
    };

    /// <summary>The answer when stored bytes are not those that were stored.</summary>
    public static IResult Damaged(string detail) => Result(503, "artefact.damaged", detail);

    /// <summary>Problem details as an HTTP answer.</summary>
    public static IResult Result(int status, string code, string detail, IReadOnlyList<ConfigurationError>? errors = null, int? retryAfter = null) =>
        new ProblemResult(new Problem(
            "about:blank", ReasonPhrases.GetReasonPhrase(status), status, detail, code, errors is { Count: > 0 } ? errors : null), retryAfter);

    private sealed class ProblemResult(Problem problem, int? retryAfter) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = problem.Status;
            if (retryAfter is { } seconds)
                httpContext.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
            return httpContext.Response.WriteAsJsonAsync(problem, ApiJson.Options, "application/problem+json", httpContext.RequestAborted);
        }
    }
}
