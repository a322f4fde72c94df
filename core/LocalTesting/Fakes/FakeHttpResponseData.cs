using System.Net;
using System.Text;
using System.Text.Json;

namespace Iml4e.LocalRuntime.Testing.Fakes;

/// <summary>A response that a test can read.</summary>
public sealed class FakeHttpResponseData(FunctionContext context) : HttpResponseData(context)
{
    private readonly FakeHttpCookies cookies = new();

    public override HttpStatusCode StatusCode { get; set; } = HttpStatusCode.OK;

    public override HttpHeadersCollection Headers { get; set; } = [];

    public override Stream Body { get; set; } = new MemoryStream();

    public override HttpCookies Cookies => cookies;

    /// <summary>The cookies that were set.</summary>
    public IReadOnlyList<IHttpCookie> SetCookies => cookies.All;

    /// <summary>What was written so far, as text in UTF-8.</summary>
    public string ReadText()
    {
        Body.Position = 0;
        using var reader = new StreamReader(Body, Encoding.UTF8, true, 1024, leaveOpen: true);
        return reader.ReadToEnd();
    }

    /// <summary>What was written so far, as JSON whose names are matched whatever their case.</summary>
    public T? ReadJson<T>() => JsonSerializer.Deserialize<T>(ReadText(), JsonSerializerOptions.Web);

    private sealed class FakeHttpCookies : HttpCookies
    {
        private readonly List<IHttpCookie> all = [];

        public IReadOnlyList<IHttpCookie> All => all;

        public override void Append(string name, string value) => all.Add(new HttpCookie(name, value));

        public override void Append(IHttpCookie cookie) => all.Add(cookie);

        public override IHttpCookie CreateNew() => new HttpCookie("", "");
    }
}
