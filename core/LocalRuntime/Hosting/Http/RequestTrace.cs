using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Iml4e.LocalRuntime.Hosting.Http;

/// <summary>Carries a caller's trace on through a request where nobody records traces, and so the server makes no activity.</summary>
internal static class RequestTrace
{
    /// <summary>An activity in the trace that the request's headers name, started; null when there is one already, or the headers name none.</summary>
    public static Activity? Continue(HttpContext http)
    {
        var headers = http.Request.Headers;
        if (Activity.Current is not null || headers.TraceParent.Count == 0
            || !ActivityContext.TryParse(headers.TraceParent, headers.TraceState, isRemote: true, out var caller))
            return null;
        var activity = new Activity("HttpRequestIn") { TraceStateString = caller.TraceState };
        return activity.SetParentId(caller.TraceId, caller.SpanId, caller.TraceFlags).Start();
    }
}
