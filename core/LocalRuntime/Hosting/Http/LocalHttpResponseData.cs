using System.Net;
using Iml4e.LocalRuntime.Worker;
using Iml4e.LocalRuntime.Worker.Http;

namespace Iml4e.LocalRuntime.Hosting.Http;

/// <summary>A response that is kept in memory until the function has returned it.</summary>
internal sealed class LocalHttpResponseData(FunctionContext context) : HttpResponseData(context)
{
    private readonly LocalHttpCookies cookies = new();

    public override HttpStatusCode StatusCode { get; set; } = HttpStatusCode.OK;

    public override HttpHeadersCollection Headers { get; set; } = [];

    public override Stream Body { get; set; } = new MemoryStream();

    public override HttpCookies Cookies => cookies;

    /// <summary>The cookies to send.</summary>
    internal IReadOnlyList<IHttpCookie> SetCookies => cookies.All;

    private sealed class LocalHttpCookies : HttpCookies
    {
        private readonly List<IHttpCookie> all = [];

        public IReadOnlyList<IHttpCookie> All => all;

        public override void Append(string name, string value) => all.Add(new HttpCookie(name, value));

        public override void Append(IHttpCookie cookie) => all.Add(cookie);

        public override IHttpCookie CreateNew() => new HttpCookie("", "");
    }
}
