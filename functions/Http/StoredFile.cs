using Iml4e.Catalog;
using Iml4e.Functions.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Iml4e.Functions.Http;

/// <summary>
/// An answer out of a stored file that is checked while it is sent. What turns out to be damaged before anything was sent is told as such; later the connection
/// breaks, so that no caller takes what has come for the whole.
/// </summary>
/// <param name="answer">Sends the file.</param>
/// <param name="name">What people call it.</param>
internal sealed class StoredFile(IResult answer, string name) : IResult
{
    private static readonly string[] OfTheFile = ["Repr-Digest", "ETag", "Last-Modified", "Content-Disposition", "Accept-Ranges", "Content-Range"];

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        try
        {
            await answer.ExecuteAsync(httpContext);
        }
        catch (DigestMismatchException e)
        {
            httpContext.RequestServices.GetRequiredService<DamageReport>().Found(e);
            if (httpContext.Response.HasStarted)
            {
                httpContext.Abort();
                return;
            }

            foreach (var header in OfTheFile)
                httpContext.Response.Headers.Remove(header);
            httpContext.Response.ContentLength = null;
            await Problem.Damaged($"{name} is damaged; it is not given out.").ExecuteAsync(httpContext);
        }
    }
}
