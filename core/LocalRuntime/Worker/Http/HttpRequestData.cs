using System.Collections.Specialized;
using System.Security.Claims;
using System.Web;

namespace Iml4e.LocalRuntime.Worker.Http;

/// <summary>A request, without ASP.NET types.</summary>
public abstract class HttpRequestData
{
    private NameValueCollection? query;

    /// <summary>For the derived types.</summary>
    public HttpRequestData(FunctionContext functionContext)
    {
        ArgumentNullException.ThrowIfNull(functionContext);
        FunctionContext = functionContext;
    }

    /// <summary>The body.</summary>
    public abstract Stream Body { get; }

    /// <summary>The headers.</summary>
    public abstract HttpHeadersCollection Headers { get; }

    /// <summary>The cookies.</summary>
    public abstract IReadOnlyCollection<IHttpCookie> Cookies { get; }

    /// <summary>The whole address.</summary>
    public abstract Uri Url { get; }

    /// <summary>Who calls.</summary>
    public abstract IEnumerable<ClaimsIdentity> Identities { get; }

    /// <summary>The HTTP method.</summary>
    public abstract string Method { get; }

    /// <summary>The invocation.</summary>
    public FunctionContext FunctionContext { get; }

    /// <summary>The query by name.</summary>
    public virtual NameValueCollection Query => query ??= HttpUtility.ParseQueryString(Url.Query);

    /// <summary>An empty response of status 200.</summary>
    public abstract HttpResponseData CreateResponse();
}
