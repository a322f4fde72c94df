using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Iml4e.Functions.Http;

/// <summary>Conditional requests (RFC 9110, section 13).</summary>
internal static class EntityTags
{
    /// <summary>Whether <c>If-None-Match</c> names the tag, compared weakly, or any; a header that is none counts as absent.</summary>
    public static bool Match(HttpRequest request, EntityTagHeaderValue tag) =>
        EntityTagHeaderValue.TryParseList(request.Headers.IfNoneMatch, out var known)
        && known.Any(k => k.Equals(EntityTagHeaderValue.Any) || k.Compare(tag, useStrongComparison: false));
}
