using System.Net;

namespace Iml4e.CommandLine.Api;

/// <summary>The app refused or failed a request; the message is meant for the person at the terminal.</summary>
internal sealed class ApiException(HttpStatusCode status, string message) : Exception(message)
{
    /// <summary>HTTP status that the app answered with.</summary>
    public HttpStatusCode Status { get; } = status;

    /// <summary>True when the request itself is wrong, so that sending it again cannot help.</summary>
    public bool IsCallersFault => (int)Status is >= 400 and < 500 && Status is not (HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests);
}
