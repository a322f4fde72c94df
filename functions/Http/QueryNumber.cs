using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Iml4e.Functions.Http;

/// <summary>Whole numbers in the query of a request.</summary>
internal static class QueryNumber
{
    /// <summary>The number, or the default when it is not given.</summary>
    /// <exception cref="ApiException">400: it is no number, or out of its range.</exception>
    public static long Read(HttpRequest request, string name, long otherwise, long least, long most)
    {
        if (request.Query[name].ToString() is not { Length: > 0 } text)
            return otherwise;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw ApiException.Invalid(name, FormattableString.Invariant($"must be a whole number from {least} to {most}"));
    }
}
