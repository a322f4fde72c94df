using System.Security.Cryptography;
using System.Text;
using Iml4e.LocalRuntime.Hosting.Security;
using Microsoft.AspNetCore.Http;

namespace Iml4e.LocalRuntime.Durable.Viewer;

/// <summary>
/// Who may use the viewer. A browser comes with the system key in the address once, and then by a cookie that scripts cannot read, that no other site can send
/// and that is good for the viewer alone; so the key stays neither in the address bar nor in the page.
/// </summary>
internal sealed class ViewerSession(FunctionKeys keys)
{
    /// <summary>A header that pages of other sites cannot send without being asked first; changes need it where no key comes with them.</summary>
    public const string Header = "x-iml4e-viewer";

    private const string CookiePrefix = "iml4e-viewer-";

    private readonly string token = Convert.ToHexStringLower(HMACSHA256.HashData(
        Encoding.UTF8.GetBytes(keys.SystemKey(FunctionKeys.DurableTaskExtension)), "history viewer"u8));

    /// <summary>Whether the request may be answered.</summary>
    public bool Allows(HttpRequest request)
    {
        if (keys.IsEnabled && HasKey(request))
            return true;
        var known = !keys.IsEnabled || HasCookie(request);
        return known && (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || request.Headers.ContainsKey(Header));
    }

    /// <summary>Whether the request names the key in its address, where it should not stay.</summary>
    public bool IsFirst(HttpRequest request) => keys.IsEnabled && request.Query.ContainsKey("code");

    /// <summary>Gives the browser its cookie.</summary>
    public void Begin(HttpContext http) => http.Response.Cookies.Append(CookieName(http.Request), token, new CookieOptions
    {
        HttpOnly = true,
        IsEssential = true,
        Path = ViewerEndpoints.Path,
        SameSite = SameSiteMode.Strict,
        Secure = http.Request.IsHttps,
    });

    private bool HasKey(HttpRequest request) => keys.AllowsSystem(request, FunctionKeys.DurableTaskExtension);

    private bool HasCookie(HttpRequest request) =>
        request.Cookies[CookieName(request)] is { Length: < 1024 } given
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(token));

    // Cookies do not know ports, and two apps on one machine have two keys.
    private static string CookieName(HttpRequest request) => FormattableString.Invariant($"{CookiePrefix}{request.Host.Port ?? 0}");
}
