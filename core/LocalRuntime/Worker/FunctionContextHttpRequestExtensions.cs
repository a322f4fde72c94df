using Iml4e.LocalRuntime.Hosting.Http;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Worker.Http;

namespace Iml4e.LocalRuntime.Worker;

/// <summary>HTTP request and response of an invocation.</summary>
public static class FunctionContextHttpRequestExtensions
{
    /// <summary>The request; null when the function was not triggered by HTTP.</summary>
    public static ValueTask<HttpRequestData?> GetHttpRequestDataAsync(this FunctionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new(LocalHttpRequestData.Of(context));
    }

    /// <summary>The response that the function returned; null when there is none yet.</summary>
    public static HttpResponseData? GetHttpResponseData(this FunctionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return (context as IInvocationResultFeature)?.Result as HttpResponseData;
    }
}
