using System.Globalization;
using Iml4e.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Iml4e.Functions.Feedback;

/// <summary>Problem details of a feedback request of which nothing was taken, with what was wrong with each outcome.</summary>
internal sealed record FeedbackProblem(
    string Type, string Title, int Status, string Detail, string Code, int Accepted, IReadOnlyList<RejectedOutcome> Rejected)
{
    /// <summary>409 when all contradict what is known, 429 when all wait in vain for room, 400 otherwise.</summary>
    public static IResult Of(IReadOnlyList<RejectedOutcome> rejected, int retrySeconds)
    {
        var code = rejected.All(r => r.Code == rejected[0].Code) ? rejected[0].Code : "feedback.rejected";
        var status = code switch { RejectedOutcome.Conflict => 409, RejectedOutcome.Full => 429, _ => 400 };
        var detail = rejected.Count == 1 ? rejected[0].Message : FormattableString.Invariant($"None of the {rejected.Count} outcomes was taken.");
        return new Answer(new FeedbackProblem("about:blank", ReasonPhrases.GetReasonPhrase(status), status, detail, code, 0, rejected), retrySeconds);
    }

    private sealed class Answer(FeedbackProblem problem, int retrySeconds) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = problem.Status;
            if (problem.Status == 429)
                httpContext.Response.Headers.RetryAfter = retrySeconds.ToString(CultureInfo.InvariantCulture);
            return httpContext.Response.WriteAsJsonAsync(problem, ApiJson.Options, "application/problem+json", httpContext.RequestAborted);
        }
    }
}
