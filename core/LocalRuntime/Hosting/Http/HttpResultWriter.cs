using System.Collections.Concurrent;
using System.Reflection;
using Iml4e.LocalRuntime.Worker;
using Iml4e.LocalRuntime.Worker.Extensions.Abstractions;
using Iml4e.LocalRuntime.Worker.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Routing;

namespace Iml4e.LocalRuntime.Hosting.Http;

/// <summary>Writes whatever an HTTP function returns.</summary>
internal static class HttpResultWriter
{
    private static readonly ActionDescriptor Action = new();
    private static readonly ConcurrentDictionary<Type, PropertyInfo?> HttpProperties = new();

    public static Task WriteAsync(HttpContext http, FunctionDescriptor function, object? result)
    {
        switch (result)
        {
            case null:
                return Task.CompletedTask;
            case IResult minimal:
                return minimal.ExecuteAsync(http);
            case IActionResult action:
                return action.ExecuteResultAsync(new ActionContext(http, http.GetRouteData(), Action));
            case HttpResponseData response:
                return WriteAsync(http, response);
            case string text:
                http.Response.ContentType ??= "text/plain; charset=utf-8";
                return http.Response.WriteAsync(text, http.RequestAborted);
            case byte[] bytes:
                http.Response.ContentType ??= "application/octet-stream";
                return http.Response.Body.WriteAsync(bytes, 0, bytes.Length, http.RequestAborted);
        }

        // A result of which parts are written elsewhere has one part for the caller, and none when nothing is marked.
        var type = result.GetType();
        var property = HttpProperties.GetOrAdd(type, FindHttpProperty);
        if (property is not null)
            return WriteAsync(http, function, property.GetValue(result));
        return function.Outputs.Length > 0 ? Task.CompletedTask : http.Response.WriteAsJsonAsync(result, type, http.RequestAborted);
    }

    private static PropertyInfo? FindHttpProperty(Type type)
    {
        var properties = type.GetProperties();
        return properties.FirstOrDefault(property => property.IsDefined(typeof(HttpResultAttribute)))
            ?? (properties.Any(property => property.IsDefined(typeof(OutputBindingAttribute)))
                ? properties.FirstOrDefault(property => typeof(HttpResponseData).IsAssignableFrom(property.PropertyType))
                : null);
    }

    private static async Task WriteAsync(HttpContext http, HttpResponseData response)
    {
        http.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers)
            http.Response.Headers[name] = values.ToArray();
        if (response is LocalHttpResponseData local)
        {
            foreach (var cookie in local.SetCookies)
                http.Response.Cookies.Append(cookie.Name, cookie.Value, Options(cookie));
        }

        if (response.Body.CanSeek)
            response.Body.Position = 0;
        await using var body = response.Body;
        if (!body.CanSeek || body.Length > 0)
            await body.CopyToAsync(http.Response.Body, http.RequestAborted);
    }

    private static CookieOptions Options(IHttpCookie cookie) => new()
    {
        Domain = cookie.Domain,
        Expires = cookie.Expires,
        HttpOnly = cookie.HttpOnly ?? false,
        MaxAge = cookie.MaxAge is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        Path = cookie.Path ?? "/",
        Secure = cookie.Secure ?? false,
        SameSite = cookie.SameSite switch
        {
            SameSite.Lax => SameSiteMode.Lax,
            SameSite.Strict => SameSiteMode.Strict,
            SameSite.ExplicitNone => SameSiteMode.None,
            _ => SameSiteMode.Unspecified,
        },
    };
}
