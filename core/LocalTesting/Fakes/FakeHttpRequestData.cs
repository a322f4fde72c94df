using System.Security.Claims;
using System.Text;
using System.Text.Json;

namespace Iml4e.LocalRuntime.Testing.Fakes;

/// <summary>A request for a function that a test calls as a plain method, in both flavours.</summary>
public sealed class FakeHttpRequestData(FunctionContext context, string method = "GET", string url = "http://localhost/api/function") : HttpRequestData(context)
{
    private readonly List<IHttpCookie> cookies = [];
    private readonly List<ClaimsIdentity> identities = [];

    /// <summary>A request in a context of its own.</summary>
    public FakeHttpRequestData(string method = "GET", string url = "http://localhost/api/function")
        : this(new FakeFunctionContext(), method, url)
    {
    }

    public override Stream Body { get; } = new MemoryStream();

    public override HttpHeadersCollection Headers { get; } = [];

    public override IReadOnlyCollection<IHttpCookie> Cookies => cookies;

    public override Uri Url { get; } = new(url);

    public override IEnumerable<ClaimsIdentity> Identities => identities;

    public override string Method { get; } = method;

    /// <summary>Gives the request a JSON body, names as declared.</summary>
    public FakeHttpRequestData WithJson(object? body)
    {
        Headers.Remove("Content-Type");
        Headers.Add("Content-Type", "application/json; charset=utf-8");
        return WithBody(JsonSerializer.SerializeToUtf8Bytes(body));
    }

    /// <summary>Gives the request a body of text in UTF-8.</summary>
    public FakeHttpRequestData WithText(string body) => WithBody(Encoding.UTF8.GetBytes(body));

    public FakeHttpRequestData WithHeader(string name, string value)
    {
        Headers.Add(name, value);
        return this;
    }

    public FakeHttpRequestData WithCookie(string name, string value)
    {
        cookies.Add(new HttpCookie(name, value));
        return this;
    }

    public FakeHttpRequestData WithIdentity(ClaimsIdentity identity)
    {
        identities.Add(identity);
        return this;
    }

    public override HttpResponseData CreateResponse() => new FakeHttpResponseData(FunctionContext);

    private FakeHttpRequestData WithBody(byte[] bytes)
    {
        Body.SetLength(0);
        Body.Write(bytes, 0, bytes.Length);
        Body.Position = 0;
        return this;
    }
}
