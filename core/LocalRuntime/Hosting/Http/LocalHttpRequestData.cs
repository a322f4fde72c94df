using System.Security.Claims;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Worker;
using Iml4e.LocalRuntime.Worker.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using HttpCookie = Iml4e.LocalRuntime.Worker.Http.HttpCookie;

namespace Iml4e.LocalRuntime.Hosting.Http;

/// <summary>A request of ASP.NET behind the host-neutral type.</summary>
internal sealed class LocalHttpRequestData : HttpRequestData
{
    private readonly HttpRequest request;
    private HttpHeadersCollection? headers;
    private IReadOnlyCollection<IHttpCookie>? cookies;
    private Uri? url;

    private LocalHttpRequestData(FunctionContext context, HttpRequest request)
        : base(context)
        => this.request = request;

    public override Stream Body => request.Body;

    public override HttpHeadersCollection Headers
        => headers ??= new(request.Headers.Select(header => KeyValuePair.Create(header.Key, header.Value.Select(value => value ?? ""))));

    public override IReadOnlyCollection<IHttpCookie> Cookies
        => cookies ??= request.Cookies.Select(cookie => new HttpCookie(cookie.Key, cookie.Value)).ToArray();

    public override Uri Url => url ??= new(request.GetEncodedUrl());

    public override IEnumerable<ClaimsIdentity> Identities => request.HttpContext.User.Identities;

    public override string Method => request.Method;

    /// <summary>The request of an invocation, the same object each time; null when it was not triggered by HTTP.</summary>
    public static HttpRequestData? Of(FunctionContext context)
    {
        if (context is not LocalFunctionContext { HttpContext: { } http })
            return null;
        if (context.Features.Get<LocalHttpRequestData>() is { } known)
            return known;
        var made = new LocalHttpRequestData(context, http.Request);
        context.Features.Set(made);
        return made;
    }

    public override HttpResponseData CreateResponse() => new LocalHttpResponseData(FunctionContext);
}
