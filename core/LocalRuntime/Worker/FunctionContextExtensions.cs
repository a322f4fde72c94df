using Iml4e.LocalRuntime.Hosting.Invocation;
using Microsoft.AspNetCore.Http;

namespace Iml4e.LocalRuntime.Worker;

/// <summary>The ASP.NET side of an invocation.</summary>
public static class FunctionContextExtensions
{
    /// <summary>The HTTP context; null when the function was not triggered by HTTP.</summary>
    public static HttpContext? GetHttpContext(this FunctionContext context) => (context as LocalFunctionContext)?.HttpContext;
}
